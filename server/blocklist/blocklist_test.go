package blocklist

import (
	"errors"
	"os"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestName(t *testing.T) {
	l := List{Extensions: []string{"exe", "JS", "tar.gz"}}
	for name, blocked := range map[string]string{
		"a.exe": "exe", "A.EXE": "exe", "facture.pdf.exe": "exe", "a.exe.": "exe", "a.exe . .": "exe", "a.exe\u00a0": "exe", "a.exe\x00": "exe",
		"a.ex\u200be": "exe", "annexe\u202efdp.exe": "exe", "a．ｅｘｅ": "exe", "a.exe::$DATA": "exe", "a.exe:stream": "exe", "../a.exe": "exe",
		`C:\a.exe`: "exe", ".exe": "exe", "a.js": "JS", "a.tar.gz": "tar.gz", "a.TAR.GZ..": "tar.gz",
		"a.exe.pdf": "", "exe": "", "a.gz": "", "a.exemple": "", "a.json": "", "": "", "tar.gz": "", "a.exe/b": "",
	} {
		err := l.Name(name)
		var refusal *Error
		if blocked == "" && err != nil || blocked != "" && (!errors.As(err, &refusal) || refusal.Extension != blocked) {
			t.Errorf("%q: %v, want %q blocked", name, err, blocked)
		}
	}
	if err := (List{}).Name("a.exe"); err != nil {
		t.Errorf("without a list: %v", err)
	}
}

func TestContent(t *testing.T) {
	own, err := os.ReadFile("/proc/self/exe")
	if err != nil {
		t.Skipf("this system does not show a program its own file: %v", err)
	}
	l := List{Types: []string{"application/x-executable", "application/vnd.microsoft.portable-executable", "application/x-sh", "video/*"}}
	for name, c := range map[string]struct {
		first   string
		blocked bool
	}{
		"an ELF program":         {string(own[:FirstBytes]), true},
		"a Windows program":      {"MZ\x90\x00\x03" + strings.Repeat("\x00", 100), true},
		"a script, by its alias": {"#!/bin/sh\nrm -r .\n", true},
		"a film":                 {"\x1aE\xdf\xa3\x01\x00\x00\x00\x00\x00\x00\x1fB\x86\x81\x01B\xf7\x81\x01B\xf2\x81\x04B\xf3\x81\x08B\x82\x84webm", true},
		"a PDF":                  {"%PDF-1.7\n", false},
		"text":                   {"Bonjour", false},
		"nothing":                {"", false},
		"a zip":                  {"PK\x03\x04", false},
	} {
		var refusal *Error
		if err := l.Content([]byte(c.first)); c.blocked != errors.As(err, &refusal) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := (List{}).Content(own[:FirstBytes]); err != nil {
		t.Errorf("without a list: %v", err)
	}
}

func TestCheck(t *testing.T) {
	for _, l := range []List{
		{}, {Extensions: []string{"exe", "tar.gz", "7z"}}, {Types: []string{"video/*", "application/zip", "application/x-sh"}},
	} {
		if err := l.Check(); err != nil {
			t.Errorf("%+v: %v", l, err)
		}
	}
	for _, l := range []List{
		{Extensions: []string{""}}, {Extensions: []string{".exe"}}, {Extensions: []string{"a/b"}}, {Extensions: []string{". "}},
		{Types: []string{""}}, {Types: []string{"*/*"}}, {Types: []string{"application/x-shh"}}, {Types: []string{"exe"}},
	} {
		if err := l.Check(); err == nil {
			t.Errorf("%+v is taken", l)
		}
	}
}

// TestWhateverIsAroundIt: nothing that systems leave out at the end hides an ending.
func TestWhateverIsAroundIt(t *testing.T) {
	l := List{Extensions: []string{"exe"}}
	rapid.Check(t, func(r *rapid.T) {
		name := rapid.String().Draw(r, "before") + rapid.SampledFrom([]string{".exe", ".EXE", ".eXe"}).Draw(r, "ending") +
			rapid.StringOf(rapid.SampledFrom([]rune{'.', ' ', '\t', '\u200b', '\u202e', '\x00'})).Draw(r, "after")
		if l.Name(name) == nil {
			r.Fatalf("%q passes", name)
		}
	})
}
