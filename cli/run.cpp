// The command line, as a library. Under construction.
