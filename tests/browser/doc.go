// Package browser opens the report in a real headless Chromium, as people would: it filters and searches, reads it with
// scripts off, by keyboard, on paper and on a telephone, and has axe-core look for what keeps people out.
package browser
