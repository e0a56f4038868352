// Package benchserver measures the sharing server: processor time and speed of
// uploads and downloads, memory, and how long the antivirus keeps a document.
//
// The server is the program that ships, with a real Vault, SQLite and volume,
// and where scans are measured a real clamd behind our gateway. Beside it runs a
// floor: a bare HTTPS handler that only does what any server of sealed documents
// must (package floor). Both are processes of their own on loopback addresses
// with TLS, and the same client sends them the same bytes, random ones that are
// made before each run and new for it. Server and floor take turns, and change
// who begins; a ratio is the median of the rounds' own ratios, so that what slows
// the machine for a while slows both.
//
// Processor time and memory are what the kernel counts for each process. The
// client's processor time is printed with each run: where it takes a whole core,
// the client is what is measured.
//
// While processor time is measured the antivirus is away: documents wait for it
// and are deleted. Downloads are of documents that it has released.
//
// It is all in tests, because the programs that it starts belong to a test:
// `make bench-server`. `make test` runs the same code with little documents, to
// see that it works.
package benchserver
