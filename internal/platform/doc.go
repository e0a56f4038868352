// Package platform loads the platform configuration file. Load reads strictly
// (an unknown or repeated field is an error), fills the defaults, and then
// checks every field, so that a configuration it returns can be used without
// another look. Every complaint names the line, the field and what to write.
package platform
