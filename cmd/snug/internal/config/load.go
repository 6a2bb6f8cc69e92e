package config

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"

	"github.com/BurntSushi/toml"
)

// Loaded is a Config together with where each value comes from.
type Loaded struct {
	Config
	origin map[string]value // by setting
}

type value struct {
	text   string
	source string // for people: "flag --addr", ".env line 3"
}

// ValueError is a setting with a value that it can't have.
type ValueError struct {
	Setting string
	Value   string // masked for a secret
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

	l := &Loaded{origin: map[string]value{}}
	for _, s := range table {
		v := value{text: s.Default, source: "default"}
		for _, from := range []map[string]value{toml, dotenv, env, flags} {
			if found, ok := from[s.Name]; ok {
				v = found
			}
		}
		l.origin[s.Name] = v
		if v.text == "" {
			continue // not set
		}
		if err := s.set(&l.Config, v.text); err != nil {
			shown := v.text
			if s.Secret {
				shown = mask
			}
			return nil, &ValueError{Setting: s.Name, Value: shown, Source: v.source, Want: err.Error()}
		}
	}
	if err := l.validate(); err != nil {
		var bad *ValueError
		if errors.As(err, &bad) && bad.Source == "" {
			bad.Source = l.origin[bad.Setting].source
		}
		return nil, err
	}
	return l, nil
}

func readFlags(table []Setting, args []string) (found map[string]value, file string, err error) {
	found = map[string]value{}
	known := []string{"--config", "--help"}
	byFlag := map[string]Setting{}
	for _, s := range table {
		byFlag[s.Name] = s
		if !s.Secret {
			known = append(known, "--"+s.Name)
		}
	}
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
		s, ok := byFlag[name]
		switch {
		case ok && s.Secret:
			return nil, "", fmt.Errorf("flag --%s: other users of this machine can read a command line; set %s, or %s in the config file", name, s.Env(), s.Name)
		case !ok && name != "config":
			return nil, "", unknown("flag", "--"+name, known)
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

const configVariable = "SNUG_CONFIG"

// variables maps the names of all variables to settings.
func variables(table []Setting) (byName map[string]string, known []string) {
	byName = map[string]string{}
	known = []string{configVariable}
	for _, s := range table {
		byName[s.Env()] = s.Name
		known = append(known, s.Env())
		if s.Also != "" {
			byName[s.Also] = s.Name
			known = append(known, s.Also)
		}
	}
	return byName, known
}

func envName(setting string) string {
	return strings.ToUpper(strings.ReplaceAll(setting, "-", "_"))
}

// readEnvironment looks at SNUG_… and at the settings' second names only: the
// rest of the environment is other programs'. An empty variable is not set.
func readEnvironment(table []Setting, environ []string) (found map[string]value, file string, err error) {
	set := newVariableSet(table)
	for _, pair := range environ {
		name, text, _ := strings.Cut(pair, "=")
		if _, ok := set.byName[name]; !ok && !strings.HasPrefix(name, "SNUG_") {
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
	byName map[string]string
	known  []string
	from   map[string]string // setting -> the variable that set it
	found  map[string]value
	file   string
}

func newVariableSet(table []Setting) *variableSet {
	set := &variableSet{from: map[string]string{}, found: map[string]value{}}
	set.byName, set.known = variables(table)
	return set
}

func (set *variableSet) add(what, name, text, source string) error {
	if name == configVariable {
		set.file = text
		return nil
	}
	setting, ok := set.byName[name]
	if !ok {
		return unknown(what, name, set.known)
	}
	if text == "" {
		return nil
	}
	if old, ok := set.found[setting]; ok && old.text != text && set.from[setting] != name {
		return fmt.Errorf("%s and %s are the same setting and differ: leave one out", set.from[setting], name)
	}
	set.found[setting] = value{text, source}
	set.from[setting] = name
	return nil
}

// readFile reads a TOML file of flat keys named like the flags.
func readFile(table []Setting, path string, optional bool) (map[string]value, error) {
	text, err := os.ReadFile(path)
	if optional && errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read config file: %w", err)
	}
	base := filepath.Base(path)
	var keys map[string]any
	if _, err := toml.Decode(string(text), &keys); err != nil {
		// Its own words quote the file, which may hold a secret.
		var wrong toml.ParseError
		if errors.As(err, &wrong) {
			return nil, fmt.Errorf("config file %s, line %d is not TOML: a line is a key, =, and a value such as \"text\", 10 or true", base, wrong.Position.Line)
		}
		return nil, fmt.Errorf("config file %s can't be read as TOML", base)
	}
	known := make([]string, 0, len(table))
	for _, s := range table {
		known = append(known, s.Name)
	}
	found := map[string]value{}
	for key, v := range keys {
		if !contains(known, key) {
			return nil, unknown("config file "+base+": key", key, known)
		}
		s, ok := tomlText(v)
		if !ok {
			return nil, fmt.Errorf("config file %s: key %s takes a string, a number, true or false, or a list of strings", base, key)
		}
		found[key] = value{s, "file " + base}
	}
	return found, nil
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

func contains(list []string, s string) bool {
	for _, item := range list {
		if item == s {
			return true
		}
	}
	return false
}
