package scantest

// EICAR is the harmless file that antiviruses find by agreement. It is put
// together here, so that none of them stops at this source file.
func EICAR() []byte {
	return []byte(`X5O!P%@AP[4\PZX54(P^)7CC)7}` + `$EICAR-STANDARD-` + `ANTIVIRUS-TEST-FILE!$H+H*`)
}
