package turnserver

import (
	"flag"
	"fmt"
	"os"
	"runtime"
	"testing"
)

// testPath is the data path of the servers that tests start.
var testPath = flag.String("datapath", "", "run the tests over this data path alone")

// TestMain runs every test over every data path.
func TestMain(m *testing.M) {
	flag.Parse()
	paths := []string{"portable", "batched"}
	switch {
	case *testPath != "":
		paths = []string{*testPath}
	case runtime.GOOS != "linux":
		paths = paths[:1]
	}
	for _, path := range paths {
		*testPath = path
		if code := m.Run(); code != 0 {
			fmt.Println("over the data path", path)
			os.Exit(code)
		}
	}
}
