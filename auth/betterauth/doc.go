// Package betterauth reads what a better-auth server stored: its SQLite database, or
// a dump of one as SQL. It is for taking the people of such a server over.
//
// The file may come from anywhere. Its tables are only read: views, virtual tables
// and computed columns are refused, and nothing of a dump is executed, but its rows
// are copied into a table of ours. What the columns hold is checked for its size
// alone; whoever uses it judges the rest.
//
// Versions 1.3 to 1.7 of better-auth are known, and the plugins admin, anonymous,
// last-login-method, passkey and two-factor. Columns may be missing, other ones be
// there, and names be written with underscores or in the plural, as some database
// layers do.
package betterauth
