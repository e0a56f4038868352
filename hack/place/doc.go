// Package place knows where things lie: the source tree, the cache folder in
// which everything built or downloaded is kept, and the folder of each local
// cluster.
package place
