// Package bootstrap makes the place of a stack's state through the real engine, against what stands for each cloud.
package bootstrap
