package httpapi

import (
	_ "embed"
	"encoding/json"
	"fmt"
)

//go:embed openapi.json
var openAPIDocument []byte

// openAPI returns the document of the HTTP interface with the version filled in.
func openAPI(version string) ([]byte, error) {
	var document map[string]any
	if err := json.Unmarshal(openAPIDocument, &document); err != nil {
		return nil, fmt.Errorf("read openapi.json: %w", err)
	}
	info, ok := document["info"].(map[string]any)
	if !ok {
		return nil, fmt.Errorf("read openapi.json: no info")
	}
	info["version"] = version
	return json.MarshalIndent(document, "", "  ")
}
