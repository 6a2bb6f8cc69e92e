package chat

import "unicode/utf8"

const maxEmojiBytes = 64

// Code points that put emoji together (UTS #51, section 1.4).
const (
	emojiJoiner   = '\u200d'
	emojiStyle    = '\ufe0f'     // makes an emoji of a character that is text by itself
	keycap        = '\u20e3'     // behind a digit, # or * and emojiStyle
	firstSkinTone = '\U0001f3fb' // of five
	lastSkinTone  = '\U0001f3ff'
	firstRegion   = '\U0001f1e6' // letters of a flag's region, of which it has two
	lastRegion    = '\U0001f1ff'
	firstTag      = '\U000e0020' // letters of other flags
	lastTag       = '\U000e007e'
	endOfTags     = '\U000e007f'
)

// isEmoji reports whether s is one emoji and nothing else: a sequence of UTS #51 that
// is shown as one picture where it is known.
func isEmoji(s string) bool {
	if s == "" || len(s) > maxEmojiBytes || !utf8.ValidString(s) {
		return false
	}
	rs := []rune(s)
	switch {
	case len(rs) == 2 && isRegion(rs[0]) && isRegion(rs[1]):
		return true
	case len(rs) == 3 && rs[1] == emojiStyle && rs[2] == keycap:
		return rs[0] >= '0' && rs[0] <= '9' || rs[0] == '#' || rs[0] == '*'
	}
	plain := true // nothing yet says that it is a picture and no text
	for {
		if len(rs) == 0 || !inRanges(pictographs, rs[0]) {
			return false
		}
		plain = plain && inRanges(pictographsAsText, rs[0])
		rs = rs[1:]
		if len(rs) > 0 && (rs[0] == emojiStyle || rs[0] >= firstSkinTone && rs[0] <= lastSkinTone) {
			plain, rs = false, rs[1:]
		}
		if len(rs) > 0 && rs[0] >= firstTag && rs[0] <= lastTag {
			for len(rs) > 0 && rs[0] >= firstTag && rs[0] <= lastTag {
				rs = rs[1:]
			}
			return len(rs) == 1 && rs[0] == endOfTags
		}
		if len(rs) == 0 {
			return !plain
		}
		if rs[0] != emojiJoiner {
			return false
		}
		plain, rs = false, rs[1:]
	}
}

func isRegion(r rune) bool { return r >= firstRegion && r <= lastRegion }

// inRanges looks for r in a table of first and last code points.
func inRanges(table string, r rune) bool {
	for len(table) > 0 {
		first, n := utf8.DecodeRuneInString(table)
		last, m := utf8.DecodeRuneInString(table[n:])
		if r <= last {
			return r >= first
		}
		table = table[n+m:]
	}
	return false
}

// Of emoji-data.txt, Unicode 17: what has Extended_Pictographic, which holds places
// for emoji to come, and of what has Emoji and not Emoji_Presentation, all but ASCII.
// The skin tones have no Extended_Pictographic: alone they are taken for none.
const (
	pictographs = "" +
		"\u00a9\u00a9\u00ae\u00ae\u203c\u203c\u2049\u2049\u2122\u2122\u2139\u2139\u2194\u2199\u21a9\u21aa" +
		"\u231a\u231b\u2328\u2328\u23cf\u23cf\u23e9\u23f3\u23f8\u23fa\u24c2\u24c2\u25aa\u25ab\u25b6\u25b6" +
		"\u25c0\u25c0\u25fb\u25fe\u2600\u2604\u260e\u260e\u2611\u2611\u2614\u2615\u2618\u2618\u261d\u261d" +
		"\u2620\u2620\u2622\u2623\u2626\u2626\u262a\u262a\u262e\u262f\u2638\u263a\u2640\u2640\u2642\u2642" +
		"\u2648\u2653\u265f\u2660\u2663\u2663\u2665\u2666\u2668\u2668\u267b\u267b\u267e\u267f\u2692\u2697" +
		"\u2699\u2699\u269b\u269c\u26a0\u26a1\u26a7\u26a7\u26aa\u26ab\u26b0\u26b1\u26bd\u26be\u26c4\u26c5" +
		"\u26c8\u26c8\u26ce\u26cf\u26d1\u26d1\u26d3\u26d4\u26e9\u26ea\u26f0\u26f5\u26f7\u26fa\u26fd\u26fd" +
		"\u2702\u2702\u2705\u2705\u2708\u270d\u270f\u270f\u2712\u2712\u2714\u2714\u2716\u2716\u271d\u271d" +
		"\u2721\u2721\u2728\u2728\u2733\u2734\u2744\u2744\u2747\u2747\u274c\u274c\u274e\u274e\u2753\u2755" +
		"\u2757\u2757\u2763\u2764\u2795\u2797\u27a1\u27a1\u27b0\u27b0\u27bf\u27bf\u2934\u2935\u2b05\u2b07" +
		"\u2b1b\u2b1c\u2b50\u2b50\u2b55\u2b55\u3030\u3030\u303d\u303d\u3297\u3297\u3299\u3299" +
		"\U0001f004\U0001f004\U0001f02c\U0001f02f\U0001f094\U0001f09f\U0001f0af\U0001f0b0" +
		"\U0001f0c0\U0001f0c0\U0001f0cf\U0001f0d0\U0001f0f6\U0001f0ff\U0001f170\U0001f171" +
		"\U0001f17e\U0001f17f\U0001f18e\U0001f18e\U0001f191\U0001f19a\U0001f1ae\U0001f1e5" +
		"\U0001f201\U0001f20f\U0001f21a\U0001f21a\U0001f22f\U0001f22f\U0001f232\U0001f23a" +
		"\U0001f23c\U0001f23f\U0001f249\U0001f25f\U0001f266\U0001f321\U0001f324\U0001f393" +
		"\U0001f396\U0001f397\U0001f399\U0001f39b\U0001f39e\U0001f3f0\U0001f3f3\U0001f3f5" +
		"\U0001f3f7\U0001f3fa\U0001f400\U0001f4fd\U0001f4ff\U0001f53d\U0001f549\U0001f54e" +
		"\U0001f550\U0001f567\U0001f56f\U0001f570\U0001f573\U0001f57a\U0001f587\U0001f587" +
		"\U0001f58a\U0001f58d\U0001f590\U0001f590\U0001f595\U0001f596\U0001f5a4\U0001f5a5" +
		"\U0001f5a8\U0001f5a8\U0001f5b1\U0001f5b2\U0001f5bc\U0001f5bc\U0001f5c2\U0001f5c4" +
		"\U0001f5d1\U0001f5d3\U0001f5dc\U0001f5de\U0001f5e1\U0001f5e1\U0001f5e3\U0001f5e3" +
		"\U0001f5e8\U0001f5e8\U0001f5ef\U0001f5ef\U0001f5f3\U0001f5f3\U0001f5fa\U0001f64f" +
		"\U0001f680\U0001f6c5\U0001f6cb\U0001f6d2\U0001f6d5\U0001f6e5\U0001f6e9\U0001f6e9" +
		"\U0001f6eb\U0001f6f0\U0001f6f3\U0001f6ff\U0001f7da\U0001f7ff\U0001f80c\U0001f80f" +
		"\U0001f848\U0001f84f\U0001f85a\U0001f85f\U0001f888\U0001f88f\U0001f8ae\U0001f8af" +
		"\U0001f8bc\U0001f8bf\U0001f8c2\U0001f8cf\U0001f8d9\U0001f8ff\U0001f90c\U0001f93a" +
		"\U0001f93c\U0001f945\U0001f947\U0001f9ff\U0001fa58\U0001fa5f\U0001fa6e\U0001faff" +
		"\U0001fc00\U0001fffd"

	pictographsAsText = "" +
		"\u00a9\u00a9\u00ae\u00ae\u203c\u203c\u2049\u2049\u2122\u2122\u2139\u2139\u2194\u2199\u21a9\u21aa" +
		"\u2328\u2328\u23cf\u23cf\u23ed\u23ef\u23f1\u23f2\u23f8\u23fa\u24c2\u24c2\u25aa\u25ab\u25b6\u25b6" +
		"\u25c0\u25c0\u25fb\u25fc\u2600\u2604\u260e\u260e\u2611\u2611\u2618\u2618\u261d\u261d\u2620\u2620" +
		"\u2622\u2623\u2626\u2626\u262a\u262a\u262e\u262f\u2638\u263a\u2640\u2640\u2642\u2642\u265f\u2660" +
		"\u2663\u2663\u2665\u2666\u2668\u2668\u267b\u267b\u267e\u267e\u2692\u2692\u2694\u2697\u2699\u2699" +
		"\u269b\u269c\u26a0\u26a0\u26a7\u26a7\u26b0\u26b1\u26c8\u26c8\u26cf\u26cf\u26d1\u26d1\u26d3\u26d3" +
		"\u26e9\u26e9\u26f0\u26f1\u26f4\u26f4\u26f7\u26f9\u2702\u2702\u2708\u2709\u270c\u270d\u270f\u270f" +
		"\u2712\u2712\u2714\u2714\u2716\u2716\u271d\u271d\u2721\u2721\u2733\u2734\u2744\u2744\u2747\u2747" +
		"\u2763\u2764\u27a1\u27a1\u2934\u2935\u2b05\u2b07\u3030\u3030\u303d\u303d\u3297\u3297\u3299\u3299" +
		"\U0001f170\U0001f171\U0001f17e\U0001f17f\U0001f202\U0001f202\U0001f237\U0001f237" +
		"\U0001f321\U0001f321\U0001f324\U0001f32c\U0001f336\U0001f336\U0001f37d\U0001f37d" +
		"\U0001f396\U0001f397\U0001f399\U0001f39b\U0001f39e\U0001f39f\U0001f3cb\U0001f3ce" +
		"\U0001f3d4\U0001f3df\U0001f3f3\U0001f3f3\U0001f3f5\U0001f3f5\U0001f3f7\U0001f3f7" +
		"\U0001f43f\U0001f43f\U0001f441\U0001f441\U0001f4fd\U0001f4fd\U0001f549\U0001f54a" +
		"\U0001f56f\U0001f570\U0001f573\U0001f579\U0001f587\U0001f587\U0001f58a\U0001f58d" +
		"\U0001f590\U0001f590\U0001f5a5\U0001f5a5\U0001f5a8\U0001f5a8\U0001f5b1\U0001f5b2" +
		"\U0001f5bc\U0001f5bc\U0001f5c2\U0001f5c4\U0001f5d1\U0001f5d3\U0001f5dc\U0001f5de" +
		"\U0001f5e1\U0001f5e1\U0001f5e3\U0001f5e3\U0001f5e8\U0001f5e8\U0001f5ef\U0001f5ef" +
		"\U0001f5f3\U0001f5f3\U0001f5fa\U0001f5fa\U0001f6cb\U0001f6cb\U0001f6cd\U0001f6cf" +
		"\U0001f6e0\U0001f6e5\U0001f6e9\U0001f6e9\U0001f6f0\U0001f6f0\U0001f6f3\U0001f6f3"
)
