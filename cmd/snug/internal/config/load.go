package config

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/BurntSushi/toml"
)

// Loaded is a Config together with where each value comes from.
type Loaded struct {
	Config
	table  []Setting        // with those of the OIDC issuers
	origin map[string]value // by setting
}

type value struct {
	text   string
	source string // for people: "flag --addr", ".env line 3"
}

// ValueError is a setting with a value that it can't have.
type ValueError struct {
	Setting string
	Value   string // masked for a secret, and where a URL has a password
	Source  string
	Want    string
}

func (e *ValueError) Error() string {
	where := ""
	if e.Source != "" {
		where = " (" + e.Source + ")"
	}
	return fmt.Sprintf("setting %s%s: %q won't do; it takes %s", e.Setting, where, e.Value, e.Want)
}

// ErrHelp is returned by Load when the arguments ask for help.
var ErrHelp = errors.New("help asked for")

// Load reads all sources. args are the command's, environ is as os.Environ
// gives it, and dir is where .env and snug.toml are looked for.
func Load(args, environ []string, dir string) (*Loaded, error) {
	table := Settings()
	flags, file, err := readFlags(table, args)
	if err != nil {
		return nil, err
	}
	env, envFile, err := readEnvironment(table, environ)
	if err != nil {
		return nil, err
	}
	dotenv, dotFile, err := readDotEnv(table, filepath.Join(dir, ".env"))
	if err != nil {
		return nil, err
	}

	path, optional := "snug.toml", true
	for _, named := range []string{dotFile, envFile, file} {
		if named != "" {
			path, optional = named, false
		}
	}
	if !filepath.IsAbs(path) {
		path = filepath.Join(dir, path)
	}
	toml, err := readFile(table, path, optional)
	if err != nil {
		return nil, err
	}

	issuers, err := issuersOf(toml, dotenv, env, flags)
	if err != nil {
		return nil, err
	}
	for _, id := range issuers {
		table = append(table, issuerSettings(id)...)
	}
	l := &Loaded{table: table, origin: map[string]value{}}
	for _, s := range table {
		v := value{text: s.Default, source: "default"}
		for _, from := range []map[string]value{toml, dotenv, env, flags} {
			if found, ok := from[s.Name]; ok {
				v = found
			}
		}
		if v.text == "" { // which takes back what a lower source says
			v.text = s.Default
		}
		l.origin[s.Name] = v
		if v.text == "" {
			continue // not set
		}
		if err := s.set(&l.Config, v.text); err != nil {
			shown := withoutPassword(v.text)
			if s.Secret {
				shown = mask
			}
			return nil, &ValueError{Setting: s.Name, Value: shown, Source: v.source, Want: err.Error()}
		}
	}
	if err := l.validate(); err != nil {
		return nil, err
	}
	return l, nil
}

// find returns the setting that a source calls name, by names that spell gives.
// more are names that are no settings, for the suggestion.
func find(table []Setting, what, name string, spell func(Setting) []string, more ...string) (Setting, error) {
	id, ofIssuer := issuerIn(name)
	if ofIssuer {
		if err := checkIssuerID(id); err != nil {
			return Setting{}, fmt.Errorf("%s %s: %w", what, name, err)
		}
	} else {
		id = "ID" // as help has it
	}
	known := more
	for _, s := range slices.Concat(table, issuerSettings(id)) {
		names := spell(s)
		if slices.Contains(names, name) {
			return s, nil
		}
		known = append(known, names...)
	}
	return Setting{}, unknown(what, name, known)
}

func readFlags(table []Setting, args []string) (found map[string]value, file string, err error) {
	found = map[string]value{}
	for i := 0; i < len(args); i++ {
		arg := args[i]
		name, isFlag := strings.CutPrefix(arg, "-")
		if !isFlag {
			return nil, "", fmt.Errorf("argument %q: this command takes only flags", arg)
		}
		name, text, given := strings.Cut(strings.TrimPrefix(name, "-"), "=")
		if name == "h" || name == "help" {
			return nil, "", ErrHelp
		}
		var s Setting
		if name != "config" {
			if s, err = find(table, "flag", "--"+name, asFlag, "--config", "--help"); err != nil {
				return nil, "", err
			}
		}
		switch {
		case s.Secret:
			return nil, "", fmt.Errorf("flag --%s: other users of this machine can read a command line; set %s, or %s in the config file", name, s.Env(), s.Name)
		case !given && s.Bool:
			text = "true"
		case !given:
			if i++; i == len(args) {
				return nil, "", fmt.Errorf("flag --%s: its value is missing", name)
			}
			text = args[i]
		}
		if name == "config" {
			file = text
			continue
		}
		found[name] = value{text, "flag --" + name}
	}
	return found, file, nil
}

// IsFlag tells of a command line's argument whether it is the flag of a setting, or
// of the config file, and whether its value is the argument after it.
func IsFlag(arg string) (known, valueNext bool) {
	name, isFlag := strings.CutPrefix(arg, "-")
	name, _, given := strings.Cut(strings.TrimPrefix(name, "-"), "=")
	switch {
	case !isFlag:
		return false, false
	case name == "config":
		return true, !given
	}
	s, err := find(Settings(), "flag", "--"+name, asFlag)
	return err == nil, err == nil && !given && !s.Bool
}

// Flags returns the flags of all settings but those of OIDC issuers.
func Flags() []string {
	list := []string{"--config"}
	for _, s := range Settings() {
		if !s.Secret {
			list = append(list, asFlag(s)...)
		}
	}
	return list
}

func asFlag(s Setting) []string { return []string{"--" + s.Name} }

func asKey(s Setting) []string { return []string{s.Name} }

func asVariable(s Setting) []string {
	if s.Also == "" {
		return []string{s.Env()}
	}
	return []string{s.Env(), s.Also}
}

const configVariable = "SNUG_CONFIG"

func envName(setting string) string {
	return strings.ToUpper(strings.NewReplacer("-", "_", ".", "_").Replace(setting))
}

// readEnvironment looks at SNUG_… and at the settings' second names only: the
// rest of the environment is other programs'. An empty variable is not set.
func readEnvironment(table []Setting, environ []string) (found map[string]value, file string, err error) {
	set := newVariableSet(table)
	for _, pair := range environ {
		name, text, _ := strings.Cut(pair, "=")
		ours := strings.HasPrefix(name, "SNUG_") || slices.ContainsFunc(table, func(s Setting) bool { return s.Also == name })
		if !ours {
			continue
		}
		if err := set.add("environment variable", name, text, "environment "+name); err != nil {
			return nil, "", err
		}
	}
	return set.found, set.file, nil
}

var variableName = regexp.MustCompile(`^[A-Z_][A-Z0-9_]*$`)

// readDotEnv reads NAME=value lines; # starts a comment, quotes are taken off,
// a leading "export " is allowed. The file is ours, so every key must be known.
func readDotEnv(table []Setting, path string) (found map[string]value, file string, err error) {
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, "", nil
	}
	if err != nil {
		return nil, "", err
	}
	set := newVariableSet(table)
	for i, line := range strings.Split(string(text), "\n") {
		line = strings.TrimSpace(strings.TrimPrefix(strings.TrimSpace(line), "export "))
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		// What stands on a broken line may be a secret: it isn't repeated.
		name, v, ok := strings.Cut(line, "=")
		name = strings.TrimSpace(name)
		if !ok || !variableName.MatchString(name) {
			return nil, "", fmt.Errorf(".env line %d is not NAME=value with a NAME in capitals", i+1)
		}
		source := ".env line " + strconv.Itoa(i+1)
		if err := set.add(source+": variable", name, unquote(strings.TrimSpace(v)), source); err != nil {
			return nil, "", err
		}
	}
	return set.found, set.file, nil
}

// unquote takes a pair of quotes off, or a comment after a bare value.
func unquote(v string) string {
	if len(v) > 0 && (v[0] == '"' || v[0] == '\'') {
		if end := strings.IndexByte(v[1:], v[0]); end >= 0 {
			return v[1 : 1+end]
		}
	}
	if i := strings.Index(v, " #"); i >= 0 {
		v = strings.TrimSpace(v[:i])
	}
	return v
}

// variableSet gathers variables of one source and refuses two that disagree.
type variableSet struct {
	table []Setting
	from  map[string]string // setting -> the variable that set it
	found map[string]value
	file  string
}

func newVariableSet(table []Setting) *variableSet {
	return &variableSet{table: table, from: map[string]string{}, found: map[string]value{}}
}

func (set *variableSet) add(what, name, text, source string) error {
	if name == configVariable {
		set.file = text
		return nil
	}
	s, err := find(set.table, what, name, asVariable, configVariable)
	if err != nil || text == "" {
		return err
	}
	if old, ok := set.found[s.Name]; ok && old.text != text && set.from[s.Name] != name {
		return fmt.Errorf("%s and %s are the same setting and differ: leave one out", set.from[s.Name], name)
	}
	set.found[s.Name] = value{text, source}
	set.from[s.Name] = name
	return nil
}

// readFile reads a TOML file of keys named like the flags.
func readFile(table []Setting, path string, optional bool) (map[string]value, error) {
	text, err := os.ReadFile(path)
	if optional && errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read config file: %w", err)
	}
	f := &file{table: table, base: filepath.Base(path), found: map[string]value{}}
	var keys map[string]any
	if _, err := toml.Decode(string(text), &keys); err != nil {
		// Its own words quote the file, which may hold a secret.
		var wrong toml.ParseError
		if errors.As(err, &wrong) {
			return nil, fmt.Errorf("config file %s, line %d is not TOML: a line is a key, =, and a value such as \"text\", 10 or true", f.base, wrong.Position.Line)
		}
		return nil, fmt.Errorf("config file %s can't be read as TOML", f.base)
	}
	if err := f.add("", keys); err != nil {
		return nil, err
	}
	return f.found, nil
}

// file gathers the keys of a config file.
type file struct {
	table []Setting
	base  string
	found map[string]value
}

// add takes the keys of a table: prefix is its name and a dot. The only tables are
// oidc and those in it, one for each issuer.
func (f *file) add(prefix string, keys map[string]any) error {
	for _, key := range slices.Sorted(maps.Keys(keys)) {
		name := prefix + key
		if name == "oidc" || prefix == "oidc." {
			inner, ok := keys[key].(map[string]any)
			if !ok || len(inner) == 0 {
				return fmt.Errorf("config file %s: %s is for tables such as [oidc.acme], with an issuer and a client-id", f.base, name)
			}
			if err := f.add(name+".", inner); err != nil {
				return err
			}
			continue
		}
		s, err := find(f.table, "config file "+f.base+": key", name, asKey, "oidc")
		if err != nil {
			return err
		}
		text, ok := tomlText(keys[key])
		if !ok {
			return fmt.Errorf("config file %s: key %s takes a string, a number, true or false, or a list of strings", f.base, name)
		}
		f.found[s.Name] = value{text, "file " + f.base}
	}
	return nil
}

func tomlText(v any) (string, bool) {
	switch v := v.(type) {
	case string:
		return v, true
	case int64:
		return strconv.FormatInt(v, 10), true
	case bool:
		return strconv.FormatBool(v), true
	case []any:
		parts := make([]string, len(v))
		for i, item := range v {
			s, ok := item.(string)
			if !ok {
				return "", false
			}
			parts[i] = s
		}
		return strings.Join(parts, ","), true
	}
	return "", false
}
