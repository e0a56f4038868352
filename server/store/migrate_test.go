package store

import (
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
	"modernc.org/sqlite"

	"voute.dev/voute/server/account"
	"voute.dev/voute/server/journal"
)

// meanwhile is what happens when a script of a test says SELECT meanwhile().
var meanwhile func()

func init() {
	sqlite.MustRegisterScalarFunction("meanwhile", 0, func(*sqlite.FunctionContext, []driver.Value) (driver.Value, error) {
		meanwhile()
		return int64(0), nil
	})
}

// known are the migrations of this version.
func known(t *testing.T) []migration {
	t.Helper()
	all, err := load(shipped)
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// version is the migrations of an earlier version, of this one, or of a later
// one that has more.
func version(t *testing.T, count int, more ...string) fs.FS {
	t.Helper()
	files := fstest.MapFS{}
	for _, m := range known(t)[:count] {
		files["migrations/"+m.name] = &fstest.MapFile{Data: []byte(m.script)}
	}
	for i, script := range more {
		files[fmt.Sprintf("migrations/%04d_later.sql", count+i+1)] = &fstest.MapFile{Data: []byte(script)}
	}
	return files
}

// earlier is version 0.1.0.
func earlier(t *testing.T) fs.FS {
	t.Helper()
	return version(t, 1)
}

// serve opens the database as a version does, writes to it, and closes it.
func serve(t *testing.T, directory string, scripts fs.FS) error {
	t.Helper()
	db, err := openWith(t.Context(), directory, scripts)
	if err != nil {
		return err
	}
	all, err := Accounts{db}.List(t.Context())
	if err == nil {
		id := fmt.Sprint(len(all))
		err = errors.Join(
			Accounts{db}.Add(t.Context(), account.Account{ID: id, Email: id, Name: "Marie"}),
			write(t, db, scripts, id),
		)
	}
	return errors.Join(err, db.Close())
}

// write adds a line to the journal, as the version does that has these scripts.
func write(t *testing.T, db *DB, scripts fs.FS, id string) error {
	t.Helper()
	all, err := load(scripts)
	if err != nil {
		return err
	}
	if slices.ContainsFunc(all, func(m migration) bool { return strings.Contains(m.name, "journal_chain") }) {
		return Journal{db}.Append(t.Context(), journal.Entry{Kind: journal.SignedIn, Object: id})
	}
	_, err = db.exec(t.Context(), `INSERT INTO journal (time, actor, address, user_agent, kind, object, detail) VALUES (0, '', '', '', 'session.signed-in', ?, 'null')`, id)
	return err
}

func mustServe(t *testing.T, directory string, scripts fs.FS) {
	t.Helper()
	if err := serve(t, directory, scripts); err != nil {
		t.Fatal(err)
	}
}

// query gives all rows as text.
func query(t *testing.T, db *sql.DB, statement string) (all []string) {
	t.Helper()
	rows, err := db.QueryContext(t.Context(), statement)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = rows.Close() }()
	columns, err := rows.Columns()
	if err != nil {
		t.Fatal(err)
	}
	values, into := make([]any, len(columns)), make([]any, len(columns))
	for i := range values {
		into[i] = &values[i]
	}
	for rows.Next() {
		if err := rows.Scan(into...); err != nil {
			t.Fatal(err)
		}
		all = append(all, fmt.Sprint(values))
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return all
}

// dump is all that a database says: schema, rows, and its version.
func dump(t *testing.T, directory string) (all []string) {
	t.Helper()
	db, err := sql.Open("sqlite", filepath.Join(directory, File))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	all = append(query(t, db, "PRAGMA user_version"), query(t, db, "SELECT type, name, sql FROM sqlite_schema ORDER BY name")...)
	for _, table := range tables(t, db) {
		all = append(append(all, table), query(t, db, "SELECT * FROM "+table)...)
	}
	return all
}

func tables(t *testing.T, db *sql.DB) (names []string) {
	t.Helper()
	for _, row := range query(t, db, "SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name") {
		names = append(names, strings.Trim(row, "[]"))
	}
	return names
}

func made(t *testing.T, directory string) (names []string) {
	t.Helper()
	db, err := sql.Open("sqlite", filepath.Join(directory, File))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	return query(t, db, "SELECT name, readable_by FROM migrations ORDER BY number")
}

func TestMigrationsRunOnce(t *testing.T) {
	directory := t.TempDir()
	for range 3 {
		mustServe(t, directory, shipped)
		var want []string
		for _, m := range known(t) {
			want = append(want, fmt.Sprintf("[%s %d]", m.name, m.readableBy))
		}
		if diff := cmp.Diff(want, made(t, directory)); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
	}
}

// TestFromEveryVersionToThisOne and back: the data stays, and each version
// reads and writes what the one after it leaves.
func TestFromEveryVersionToThisOne(t *testing.T) {
	all := len(known(t))
	for from := 1; from <= all; from++ {
		directory := t.TempDir()
		mustServe(t, directory, version(t, from))
		mustServe(t, directory, shipped)
		before := dump(t, directory)
		mustServe(t, directory, version(t, max(all-1, 1)))
		mustServe(t, directory, shipped)
		if after := dump(t, directory); len(after) <= len(before) || after[0] != before[0] {
			t.Errorf("from %d: %d lines became %d, version %s became %s", from, len(before), len(after), before[0], after[0])
		}
	}
}

// TestUnrecordedFirstVersion: 0.1.0 wrote no record of its migration.
func TestUnrecordedFirstVersion(t *testing.T) {
	directory := t.TempDir()
	mustServe(t, directory, version(t, 1))
	change(t, directory, "DROP TABLE migrations")
	mustServe(t, directory, shipped)
	if got := made(t, directory); len(got) != len(known(t))-1 {
		t.Errorf("recorded: %v", got)
	}
}

func change(t *testing.T, directory, statement string) {
	t.Helper()
	db, err := sql.Open("sqlite", filepath.Join(directory, File))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := db.ExecContext(t.Context(), statement); err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
}

// TestFailedMigrationLeavesTheDatabase as it was; the version before goes on.
func TestFailedMigrationLeavesTheDatabase(t *testing.T) {
	const begin = "CREATE TABLE more (x); UPDATE accounts SET name = 'changed'; DROP TABLE shares; DELETE FROM outbox; "
	for name, c := range map[string]struct{ script, next string }{
		"wrong in the middle":   {begin + "CREATE TABLE more (x); CREATE TABLE evenmore (x);", "start the version before"},
		"not SQL":               {begin + "MAKE TABLE x;", "start the version before"},
		"against a constraint":  {begin + "UPDATE accounts SET id = 'same';", "start the version before"},
		"against a foreign key": {begin + "INSERT INTO sessions VALUES (x'00', 'nobody', '', '', 0, 0, 0, x'00', 0, 0, 0);", "start the version before"},
		"the journal changed":   {begin + "DELETE FROM journal;", "start the version before"},
		"the disk full": {begin + "PRAGMA max_page_count = 100; CREATE TABLE big (x); INSERT INTO big " +
			"WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1000) SELECT zeroblob(4096) FROM n;", "make room on the volume"},
	} {
		t.Run(name, func(t *testing.T) {
			directory, all := t.TempDir(), len(known(t))
			mustServe(t, directory, shipped)
			mustServe(t, directory, shipped)
			before := dump(t, directory)
			err := serve(t, directory, version(t, all, c.script))
			if err == nil || !strings.Contains(err.Error(), fmt.Sprintf("%04d_later.sql", all+1)) || !strings.Contains(err.Error(), c.next) {
				t.Fatalf("the error is %v", err)
			}
			if diff := cmp.Diff(before, dump(t, directory)); diff != "" {
				t.Errorf("(-before +after):\n%s", diff)
			}
			mustServe(t, directory, shipped)
		})
	}
}

func TestNewerDatabase(t *testing.T) {
	all := len(known(t))
	read, unread := fmt.Sprintf("-- readable-by: %d\n", all), fmt.Sprintf("-- readable-by: %d\n", all+1)
	for name, c := range map[string]struct {
		scripts []string
		taken   bool
	}{
		"readable":                       {[]string{read + "CREATE TABLE more (x);"}, true},
		"two, both readable":             {[]string{read + "CREATE TABLE more (x);", read + "ALTER TABLE accounts ADD COLUMN more TEXT;"}, true},
		"two, the last one not":          {[]string{read + "CREATE TABLE more (x);", unread + "ALTER TABLE accounts RENAME name TO called;"}, false},
		"two, the first one not":         {[]string{unread + "ALTER TABLE accounts RENAME name TO called;", read + "CREATE TABLE more (x);"}, false},
		"one that says nothing":          {[]string{"CREATE TABLE more (x);"}, false},
		"one that says it in a sentence": {[]string{"-- It is readable-by: 1, they say.\nCREATE TABLE more (x);"}, false},
	} {
		t.Run(name, func(t *testing.T) {
			directory, later := t.TempDir(), version(t, all, c.scripts...)
			if err := migrateOnly(t, directory, later); err != nil {
				t.Fatal(err)
			}
			before := dump(t, directory)
			err := serve(t, directory, shipped)
			if c.taken != (err == nil) || !c.taken && !errors.Is(err, ErrNewer) {
				t.Fatalf("the version before says %v", err)
			}
			if diff := cmp.Diff(before, dump(t, directory)); !c.taken && diff != "" {
				t.Errorf("refused, and changed (-before +after):\n%s", diff)
			}
			if err := migrateOnly(t, directory, later); err != nil {
				t.Errorf("the later version no longer opens it: %v", err)
			}
		})
	}
}

func migrateOnly(t *testing.T, directory string, scripts fs.FS) error {
	t.Helper()
	db, err := openWith(t.Context(), directory, scripts)
	if err != nil {
		return err
	}
	return db.Close()
}

// TestNewerDatabaseWithoutRecord: nothing says that it can be read.
func TestNewerDatabaseWithoutRecord(t *testing.T) {
	for name, statement := range map[string]string{
		"only a number":   "PRAGMA user_version = 99",
		"no records left": "PRAGMA user_version = 99; DROP TABLE migrations",
	} {
		directory := t.TempDir()
		mustServe(t, directory, shipped)
		change(t, directory, statement)
		if err := serve(t, directory, shipped); !errors.Is(err, ErrNewer) || !strings.Contains(err.Error(), "start the later version again") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

const dieIn = "VOUTE_TEST_DIE_IN"

// TestKilledInAMigration ends a real process in the middle of the second of
// three: the first stays made, nothing of the second is there, and the next
// start goes on from it.
func TestKilledInAMigration(t *testing.T) {
	all := len(known(t))
	scripts := version(t, all, "CREATE TABLE a (x);", "CREATE TABLE b (x); UPDATE accounts SET name = 'altered'; SELECT meanwhile(); CREATE TABLE c (x);", "CREATE TABLE d (x);")
	if directory := os.Getenv(dieIn); directory != "" {
		meanwhile = func() { _ = syscall.Kill(os.Getpid(), syscall.SIGKILL) }
		t.Fatalf("not killed: %v", serve(t, directory, scripts))
	}
	directory := t.TempDir()
	mustServe(t, directory, shipped)
	child := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestKilledInAMigration$")
	child.Env = append(os.Environ(), dieIn+"="+directory)
	var ended *exec.ExitError
	if output, err := child.CombinedOutput(); !errors.As(err, &ended) || ended.Sys().(syscall.WaitStatus).Signal() != syscall.SIGKILL {
		t.Fatalf("the process ended with %v:\n%s", err, output)
	}
	text := strings.Join(dump(t, directory), "\n")
	if !strings.Contains(text, "CREATE TABLE a ") || strings.Contains(text, "CREATE TABLE b ") || strings.Contains(text, "altered") {
		t.Errorf("after the end:\n%s", text)
	}
	meanwhile = func() {}
	mustServe(t, directory, scripts)
	if got := made(t, directory); len(got) != all+3 {
		t.Errorf("made are %v", got)
	}
}

// TestSecondServerDuringAMigration finds the directory taken.
func TestSecondServerDuringAMigration(t *testing.T) {
	directory := t.TempDir()
	var second error
	meanwhile = func() { second = serve(t, directory, shipped) }
	mustServe(t, directory, version(t, len(known(t)), "SELECT meanwhile();"))
	if second == nil || !strings.Contains(second.Error(), "another server uses") {
		t.Errorf("the second server says %v", second)
	}
}

var endsTransaction = regexp.MustCompile(`(?i)\b(COMMIT|ROLLBACK|VACUUM|ATTACH)\b`)

// TestShippedMigrations are additive, so that the version before can come back,
// and leave it to us to end their transaction.
func TestShippedMigrations(t *testing.T) {
	all := known(t)
	for _, m := range all {
		if !strings.HasPrefix(m.name, fmt.Sprintf("%04d_", m.number)) {
			t.Errorf("%s is number %d", m.name, m.number)
		}
		if m.number > 1 && m.readableBy >= m.number {
			t.Errorf("%s cannot be read by the version before", m.name)
		}
		if word := endsTransaction.FindString(m.script); word != "" {
			t.Errorf("%s says %s", m.name, word)
		}
	}
	if !slices.IsSortedFunc(all, func(a, b migration) int { return strings.Compare(a.name, b.name) }) {
		t.Error("not in the order of their names")
	}
}
