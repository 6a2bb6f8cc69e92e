// Package e2e tests the built binary from outside. It knows the wire protocol
// and the command line, and nothing of the code behind them. The tests in a
// browser, in TypeScript, are in browser.
//
// The binary is built once per run; -bin, or E2E_SERVER, names one that is there
// already. Tests that draw random numbers log their seed, and -seed repeats a
// run's choices. What a run can't repeat is the timing of processes: a seed that
// failed once is worth several runs.
package e2e
