package chat

// ServerInfo is what the server as a whole is called.
type ServerInfo struct {
	Name        string `json:"name"`        // "": nobody has named it
	Description string `json:"description"` // a line; "": none
	NameFixed   bool   `json:"nameFixed"`   // whoever runs the server has set the name: it can't be changed
}

// Setup is how far the owner of a server is with setting it up.
type Setup string

// The states of it.
const (
	SetupNew  Setup = "new"  // nothing was shown yet, and nobody else is there
	SetupLeft Setup = "left" // it was begun or put off, or others came first
	SetupDone Setup = "done" // it is over, or wasn't wanted
)

// Greeting is what is to greet a person who opens the client.
type Greeting struct {
	Setup     Setup `json:"setup"`    // for owners; to others "done"
	Newcomer  bool  `json:"newcomer"` // they came lately and weren't greeted
	InvitedBy *User `json:"invitedBy,omitempty"`
}
