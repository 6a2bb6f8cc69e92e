package language

// A Form is a plural category of Unicode's CLDR.
type Form string

const (
	Zero  Form = "zero"
	One   Form = "one"
	Two   Form = "two"
	Few   Form = "few"
	Many  Form = "many"
	Other Form = "other"
)

// A Plural is a text in each form that its language has.
type Plural map[Form]string

// Forms returns those that the language has.
func (c Code) Forms() []Form {
	switch c {
	case Arabic:
		return []Form{Zero, One, Two, Few, Many, Other}
	case Spanish:
		return []Form{One, Many, Other}
	case Chinese:
		return []Form{Other}
	}
	return []Form{One, Other}
}

// Form returns that of n things, n not below 0.
// Source: https://www.unicode.org/cldr/charts/latest/supplemental/language_plural_rules.html
func (c Code) Form(n int) Form {
	switch c {
	case Arabic:
		switch rest := n % 100; {
		case n == 0:
			return Zero
		case n == 1:
			return One
		case n == 2:
			return Two
		case rest >= 3 && rest <= 10:
			return Few
		case rest >= 11:
			return Many
		}
	case Spanish:
		switch {
		case n == 1:
			return One
		case n != 0 && n%1_000_000 == 0:
			return Many
		}
	case Chinese:
	default:
		if n == 1 {
			return One
		}
	}
	return Other
}
