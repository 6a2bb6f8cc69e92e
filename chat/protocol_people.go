package chat

// Frames and answers about how people are.

// State tells whether a person is here, and may be disturbed.
type State string

// The states. A person is away when they are on all their devices, and dnd (do not
// disturb) when they said so and are here.
const (
	StateOnline  State = "online"
	StateAway    State = "away"
	StateDND     State = "dnd"
	StateOffline State = "offline"
)

// Status is what a person says of themselves.
type Status struct {
	Emoji string `json:"emoji"` // one, or ""
	Text  string `json:"text"`
	Until int64  `json:"until"` // when it ends by itself; 0: it doesn't
}

// PeopleFrame answers watch, with all whom it named, and then tells of each whose state
// or status has changed, at most once a second.
type PeopleFrame struct {
	Type   string        `json:"type" ts:"people"`
	Ref    string        `json:"ref,omitempty"`
	People []PersonState `json:"people"`
}

// PersonState is how a person is.
type PersonState struct {
	ID     UserID  `json:"userId"`
	State  State   `json:"state"`
	Status *Status `json:"status,omitempty"`
}

func (PeopleFrame) serverFrame() {}

// OwnStatus is what a person says of themselves, to change.
type OwnStatus struct {
	Emoji string `json:"emoji"`
	Text  string `json:"text"`
	Until int64  `json:"until"` // when all of it ends by itself; 0: it doesn't
	DND   bool   `json:"dnd"`   // do not disturb
}

// PersonRead is how far a person has read a room.
type PersonRead struct {
	UserID UserID `json:"userId"`
	Seq    Seq    `json:"seq"`
}

// ReadList is how far each in a small room has read it; of others it is empty.
type ReadList struct {
	Reads []PersonRead `json:"reads"`
}
