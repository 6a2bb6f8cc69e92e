package repolint

import (
	"go/ast"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// A promise is an item of the security checklist of sign-in and of files. A comment that says
// §13.4 means number 4 here.
type promise struct {
	what string
	// proved names the tests, as folder.Name, or the file and title of one in a browser.
	proved []string
}

var checklist = map[int]promise{
	1: {"No foreign page opens a WebSocket with its visitor's session.", []string{
		"httpapi.TestCrossSiteWebSockets", "auth.TestOrigins", "e2e.TestUpgradeChecks",
		"e2e/browser/foreign-page.spec.ts a foreign page neither reads nor writes"}},
	2: {"An upgrade without a session is 401, one that is none 426, in the words that the first front end knows.", []string{
		"httpapi.TestUpgradeOrderAndAnswers", "httpapi.TestLevel0Messages", "e2e.TestUpgradeChecks"}},
	3: {"Nobody is made to sign in as somebody else, or with a session that somebody else has.", []string{
		"auth.TestStateIsBoundToTheBrowser", "auth/providertest.TestRealFlowInAnotherBrowser", "auth.TestSessionFixation", "auth.TestEnteringRotates",
		"auth.TestRequestsFromOtherPages", "auth.TestPasskeyOrigins", "auth.TestMagicLinkInAMessage"}},
	4: {"A cookie that a sibling domain has planted signs nobody out.", []string{
		"auth.TestCookieTossing", "auth.TestStateCookieOverHTTPS"}},
	5: {"No address that a client gives sends a browser elsewhere.", []string{
		"auth.TestRedirectTargets", "auth.TestEveryTargetIsChecked", "auth.TestOpenRedirects", "auth.TestRedirectsAreCheckedAgain", "auth.TestWhatIsLeftOfAStory",
		"auth.FuzzRedirects", "auth.FuzzCallback", "auth.TestBrowsersAddresses"}},
	6: {"What goes to a provider and comes back works once, for ten minutes, in one browser, at one provider, with its verifier and its nonce.", []string{
		"auth.TestStateReplayExpirySwap", "auth.TestStateIsBoundToTheBrowser", "auth/providertest.TestRealProvidersRefuse", "auth.TestCallback",
		"auth/oauth.TestIDToken", "auth/oauth.TestKeysThatDontCount", "auth/oauth.TestIssuerInCallback", "auth/oauth.FuzzVerifyIDToken",
		"auth.TestBeginAtProvider", "auth.TestPasskeyReplay", "auth.TestTOTPSteps"}},
	7: {"No address, name, token, code, cookie or password is in the log, and no page hands on an address with a secret in it.", []string{
		"cmd/snug.TestLogOfTwoLives", "auth.TestWhatIsLeftOfAStory", "auth.TestLogsHoldNoSecrets", "auth.TestMailsAreNotLogged", "auth.TestSecondFactorIsNotLogged",
		"auth.TestPasskeysAreNotLogged", "auth.TestGuestsAreNotLogged", "auth.TestLogsNameNobodysSecrets", "cmd/snug.TestCommandsLogNoSecrets",
		"mail.TestLogHoldsNothingOfAMail", "httpapi.TestTheLogTellsNoSecrets", "push.TestTheNetworkFails"}},
	8: {"Whatever changes what opens an account gives its session another token, and no session is older than 30 days.", []string{
		"auth.TestAbsoluteAge", "auth.TestSessionSlidesOnceADay", "auth.TestChangePassword", "auth.TestChangeEmail", "auth.TestTwoFactorRotatesSessions",
		"auth.TestLinkSocial", "auth.TestResetPassword", "auth.TestGuests"}},
	9: {"Each cookie has its flags, where it is set and where it is deleted; plain http is for this machine.", []string{
		"auth.TestCookiesOfAStory", "auth.TestConfigThatIsRefused", "cmd/snug.TestPlainHTTPForTheWorldIsRefused"}},
	10: {"What ends a session closes its sockets within a second, and nothing that they send is taken after the reply.", []string{
		"cmd/snug.TestEveryEndClosesSockets", "cmd/snug.TestExpiryClosesSockets", "cmd/snug.TestUserCommandsCloseSockets", "e2e.TestSignOutClosesSockets",
		"e2e.TestSignOutInAFlood", "e2e.TestLockedFolder", "auth.TestRevocation", "auth.TestOnSessionEndComesBeforeTheReply", "auth.TestExpiryIsToldAtItsTime",
		"auth.TestTokenExpires", "auth.TestBan", "httpapi.TestSessionThatEndsDuringTheUpgrade", "httpapi.TestExportsEndWithTheSession"}},
	11: {"Of a deleted user nothing works any more.", []string{
		"cmd/snug.TestWhatOpensNothing", "cmd/snug.TestEveryEndClosesSockets", "auth.TestDeleteUserFresh", "auth.TestDeletedUser", "auth.TestPasskeyOfNobody"}},
	12: {"An account goes to whoever has shown that its address is theirs, and to nobody else.", []string{
		"auth.TestLinkingMatrix", "auth.TestPreHijack", "auth.TestPreHijackByProvider", "auth.TestSameIDAtTwoProviders", "auth.TestXWithoutAddress",
		"auth/oauth.TestGitHub", "auth/providertest.TestLinkThroughRealProviders", "auth.TestMagicLinkToAnUnprovedAccount", "auth.TestResetOfAnUnprovedAccount"}},
	13: {"Nobody finds out who has an account, by what is answered or by how long that takes.", []string{
		"auth.TestEnumerationCostsTheSame", "auth.TestImportedHashesCostTheSame", "auth.TestSignUpTellsNothing", "auth.TestResetTellsNothing",
		"auth.TestSendVerificationTellsNothing", "auth.TestChangeEmailToOneThatIsTaken", "auth.TestMagicLinkTellsNothing", "auth.TestPasskeyOptions",
		"auth.TestSignInRatePerAccount", "auth.TestAnswersTakeAsLong"}},
	14: {"Each attempt hashes once; what opens something is stored as a hash and compared in constant time.", []string{
		"auth.TestEnumerationCostsTheSame", "auth.TestImportedHashesCostTheSame", "auth.TestDummyHashOpensNothing", "auth.TestWhatIsLeftOfAStory",
		"auth.TestTokensAreHashedAtRest", "auth.TestSignatureIsChecked"}},
	15: {"Guessing, flooding and mailing are limited per address, account, mailbox and person, in whatever spelling and however much comes at once.", []string{
		"auth.TestEveryLimitHolds", "auth.TestSignInRate", "auth.TestSignInRateIsExactInABurst", "auth.TestSignInRatePerAccount", "auth.TestAddressOfTheConnection",
		"auth.TestHashesAreBounded", "auth.TestHashQueueIsBounded", "auth.TestLockOut", "auth.TestOneOfManyWithTheSameCode", "auth.TestResetIsLimited",
		"auth.TestChangeEmailIsLimited", "auth.TestChangePasswordIsLimited", "auth.TestGuestsAreLimitedPerAddress", "auth.TestBeginningIsLimited",
		"auth.TestDeleteUserCountsTries", "httpapi.TestClientIP", "httpapi.TestForwardingHeaders", "httpapi.TestUpgradeRate", "httpapi.TestSlowClientsAreCutOff",
		"chat.TestTooManySockets", "chat.TestRateLimitHolds", "e2e.TestAuthRate", "e2e.TestSignInStorm"}},
	16: {"Who somebody is comes from the session alone.", []string{
		"auth.TestForgedHeadersInAStory", "auth.TestForgedIdentityHeaders", "cmd/snug.TestWhatOpensNothing", "httpapi.TestForgedIdentityHeaders",
		"e2e.TestForgedIdentityHeaders"}},
	17: {"Pictures are fetched from nowhere inside, decoded within bounds, made anew, and shown by us alone.", []string{
		"auth.TestPicturesLeadNowhereInside", "auth.TestPolyglots", "auth.TestPictureElsewhere", "auth.TestPicturesOfProviders", "auth.TestAvatar",
		"auth.TestUpdateUserChecksNameAndPicture", "fetch.TestURLsThatAreRefused", "fetch.TestNamesOfPrivateAddresses", "fetch.TestRebinding", "fetch.TestRedirects", "fetch.TestPost",
		"fetch.TestNoWayDown", "cmd/snug.TestTheWebOfATestIsOutOfReach", "picture.TestNotAPicture", "picture.TestBombs", "picture.TestNothingElseIsLeft", "picture.FuzzAvatar", "httpapi.TestSecurityHeaders",
		"picture.TestGIFBombs", "picture.TestPhotosLoseTheirMetadata", "picture.FuzzPhoto"}},
	18: {"No name hides, turns round, or looks like the system's.", []string{
		"auth.TestNames", "auth.FuzzName", "auth.TestUpdateUserChecksNameAndPicture", "auth.TestNamesOfProviders", "line.TestPlain", "chat.TestNamesShowWhatIsInThem",
		"e2e/browser/content.spec.ts a hostile name is text too", "e2e/browser/content.spec.ts a name with a direction override is refused or harmless"}},
	19: {"Whatever comes as a request is the client's fault, and sets nothing that isn't the client's to set.", []string{
		"auth.FuzzRoutes", "cmd/snug.FuzzServer", "auth.FuzzCallback", "auth.FuzzPasskeyAnswers", "auth.FuzzCookieParser", "auth.FuzzPHC", "auth.TestRequestsThatAreRefused",
		"auth.TestUpdateUserAssignsNothingElse", "auth/oauth.FuzzProfile", "e2e.TestBadBodies", "httpapi.FuzzUploadMetadata", "httpapi.TestUploadsThatAreRefused"}},
	20: {"No secret that can be guessed is taken, and one can be changed without anybody noticing.", []string{
		"cmd/snug.TestGuessableSecretsAreRefused", "cmd/snug.TestSecretIsRotated", "auth.TestConfigThatIsRefused", "auth.TestSecretsAreEncryptedAnew",
		"auth.TestVerifyEmailAfterANewSecret", "cmd/snug/internal/config.TestSecretsAreNeverShown"}},
	21: {"There is no CORS.", []string{
		"cmd/snug.TestNoOriginIsToldAnything", "cmd/snug.FuzzServer", "auth.TestWhatIsLeftOfAStory", "httpapi.TestPreflight",
		"e2e/browser/foreign-page.spec.ts a foreign page neither reads nor writes"}},
	22: {"No header changes where a link leads, and a foreign Host is refused.", []string{
		"cmd/snug.TestForeignHostsAreRefused", "cmd/snug.FuzzServer", "cmd/snug.TestLinksIgnoreForwardedHost", "auth.TestForgedHeadersInAStory", "auth.TestPoisonedHost",
		"auth.TestLinksLeadHome", "auth.TestPasskeyOrigins", "httpapi.TestHost", "e2e.TestBaseURL"}},
	23: {"A session is over at its time for who has been here all along, too, whatever the clock does.", []string{
		"auth.TestClockIsSet", "auth.TestLimiterWhenTheClockIsSetBack", "auth.TestExpiryIsToldAtItsTime", "auth.TestIdentifyNeverExtends",
		"auth.TestRevocationRacesIdentify", "chat.TestEndSession"}},
	24: {"The log tells who did what to which account, and in which session.", []string{
		"auth.TestWhatIsLeftOfAStory", "auth.TestLogsNameNobodysSecrets", "auth.TestLogsHoldNoSecrets", "auth.TestSecondFactorIsNotLogged",
		"cmd/snug.TestCommandsLogNoSecrets", "cmd/snug.TestLogOfTwoLives"}},
	25: {"What was found in better-auth isn't here: limits that spelling gets around (GHSA-x732-6j76-qmhm, GHSA-p6v2-xcpg-h6xw), a second factor that a " +
		"cookie gets around (GHSA-xg6x-h9c9-2m83), sessions that outlive their user (#3882), an address that goes to a typo (#7196), keys made for others (CVE-2025-61928).", []string{
		"auth.TestEveryLimitHolds", "auth.TestSignInRate", "auth.TestAddressOfTheConnection", "auth.TestNoSessionBeforeTheSecondFactor", "auth.TestDeleteUserFresh",
		"auth.TestMistypedAddress", "auth.TestChangeEmail", "auth.TestTokensAreMadeForOneself"}},
	26: {"Nothing that people upload runs in a browser, or lies about its kind or its name; nobody reads or changes what isn't theirs to; no name is a path.", []string{
		"files.TestHostileFiles", "files.TestNames", "files.FuzzCleanName", "files.TestUploadsAreTheirOwners", "files.TestSignedAddresses", "blob.TestKeysAreNoPaths",
		"httpapi.TestWhatIsOnlySaved", "httpapi.TestDownloads", "httpapi.TestAddressesThatAreSigned"}},
	27: {"What people upload is bounded, in bytes, number, pixels and time, and what nobody needs is deleted.", []string{
		"files.TestLimits", "files.TestSpace", "files.TestCollection", "files.TestCrashes", "files.TestAccountsThatAreGone", "picture.TestGIFBombs"}},
}

// Each item is proved by tests that are there, and each test that says what it
// proves is in the list.
func TestChecklist(t *testing.T) {
	mentions := map[string][]int{} // of each test
	for _, f := range goFiles(t) {
		for _, d := range f.ast.Decls {
			if fn, ok := d.(*ast.FuncDecl); ok && f.test && fn.Recv == nil && testName.MatchString(fn.Name.Name) {
				mentions[f.pkg+"."+fn.Name.Name] = itemsOf(fn.Doc.Text())
			}
		}
	}
	inBrowser := map[string]string{}
	for _, path := range files(t, ".spec.ts") {
		inBrowser[path] = read(t, path)
	}
	for n := 1; n <= len(checklist); n++ {
		if len(checklist[n].proved) == 0 {
			t.Errorf("nothing proves item %d", n)
		}
		for _, name := range checklist[n].proved {
			path, title, browser := strings.Cut(name, " ")
			if _, there := mentions[name]; browser && !strings.Contains(inBrowser[path], title) || !browser && !there {
				t.Errorf("item %d, %s: there is no test %s", n, checklist[n].what, name)
			}
		}
	}
	for name, items := range mentions {
		for _, n := range items {
			if !slices.Contains(checklist[n].proved, name) {
				t.Errorf("%s says that it proves item %d, and isn't in its list", name, n)
			}
		}
	}
}

var (
	testName = regexp.MustCompile(`^(Test|Fuzz)[A-Z]`)
	itemText = regexp.MustCompile(`§13\.(\d+(?:, \d+)*(?: and \d+)?)`)
	number   = regexp.MustCompile(`\d+`)
)

// itemsOf reads which items a comment names: "§13.7, 14 and 24".
func itemsOf(comment string) (items []int) {
	for _, m := range itemText.FindAllStringSubmatch(strings.ReplaceAll(comment, "\n", " "), -1) {
		for _, digits := range number.FindAllString(m[1], -1) {
			if n, err := strconv.Atoi(digits); err == nil {
				items = append(items, n)
			}
		}
	}
	return items
}
