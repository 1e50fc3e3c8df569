// Package provider stands for the plugin of a cloud: it speaks the protocol of Pulumi's engine, holds each request to the
// schema of the real provider, makes up what the cloud would answer, and writes down every call. It makes nothing.
//
// One server serves every cloud; what is particular to one stands in a file of its name: aws.go.
package provider
