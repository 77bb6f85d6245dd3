package signal

import "testing"

// People learn WebRTC from tutorials whose signaling is a few lines of a socket
// library. This is what goes wrong in those lines, and which test shows that it
// does not here. What is the business of pages is tested in web/test.
//
//	anybody may take any name                        TestANameBelongsToItsKey
//	every device gets everything, and rings on       TestSecondDeviceRingsToo
//	a call that can only be answered                 TestACallFromInviteToHangUp, TestNobodyAnswers, TestTheCallerGivesUp
//	an offer before anybody has accepted             TestAnOfferBeforeTheCallIsAcceptedReachesNobody
//	offers by POST, answers over the socket          TestASessionChangesItsTransportWhileItLives
//	who a candidate is for is looked up by user      TestTwoCallsOneAfterTheOtherDoNotMix
//	a candidate goes to a second, wrong person       TestACandidateReachesOnlyWhomItIsFor
//	candidates before the offer are lost             TestACandidateThatCrossesItsDescriptionIsHeld
//	the null candidate is an error                   TestEveryFormOfTheEndReachesThePeerAsOne
//	candidates race the description                  TestACandidateThatOvertakesItsRestartIsHeld
//	a connection's id is its password                TestForgedTokensAreWorthNothing, TestTheSenderCannotBeForged
//	POST only, and the server forgets afterwards     TestASessionWithoutWebSockets, TestAStreamThatIsLostIsResumed
//	candidates in bulk, and late ones are lost       TestCandidatesInOneBatchAfterTheAnswer
//	the third in a room breaks the other two         TestThreePeopleTalkInPairs
//	who joins early misses messages                  TestWhoJoinsSeesWhoIsThere, TestWhatIsSaidArrivesOnceAndInOrderWhateverConnectionsAreLost
//	who vanishes stays for ever                      TestAClosedLidIsSeenWithin45Seconds, TestWhoDoesNotComeBackIsGoneAfterAMinute
//	sent under one name, awaited under another       TestEveryClientExampleIsAccepted, TestAnUnknownTypeIsNoBadFrame
//	who does not trickle is not understood           TestCandidatesInOneBatchAfterTheAnswer
//	clients say themselves who they are              TestTheSenderCannotBeForged
//	offers go to everybody, strangers and oneself    TestAStrangerGetsAndGivesNothing, TestAnOfferDoesNotComeBack
//	pages of any origin may connect                  TestOpenStillChecksTheOrigin
//	nothing happens at the end                       TestACallFromInviteToHangUp, TestAGoodbyeLeavesNothingToResume

func TestAnOfferBeforeTheCallIsAcceptedReachesNobody(t *testing.T) {
	l := newLoopbackLab(t)
	ada, bob := l.person("ada"), l.person("bob")
	call := ada.call("bob", bob)
	ada.sendf(`{"type": "description", "to": %q, "description": {"type": "offer"}}`, bob.session)
	ada.expectError(noSuchPeer)
	bob.expectNothing()
	bob.sendf(`{"type": "accept", "call": %q}`, call)
	bob.expect("accepted")
	ada.expect("accepted")
	ada.sendf(`{"type": "description", "to": %q, "description": {"type": "offer"}}`, bob.session)
	bob.expect("description")
}

func TestTwoCallsOneAfterTheOtherDoNotMix(t *testing.T) {
	l := newLoopbackLab(t)
	ada, bob, eve := l.person("ada"), l.person("bob"), l.person("eve")
	for _, other := range []*client{bob, eve, bob} {
		call := ada.call(other.welcome["name"].(string), other)
		other.sendf(`{"type": "accept", "call": %q}`, call)
		other.expect("accepted")
		ada.expect("accepted")
		ada.sendf(`{"type": "candidate", "to": %q, "candidate": {"candidate": "of this call"}}`, other.session)
		ada.sendf(`{"type": "description", "to": %q, "description": {}}`, other.session)
		other.expect("description")
		other.expect("candidate")
		ada.sendf(`{"type": "hangup", "call": %q}`, call)
		other.expectEnd(call, "hangup")
	}
	for _, c := range []*client{ada, bob, eve} {
		c.expectNothing()
	}
}

func TestACandidateReachesOnlyWhomItIsFor(t *testing.T) {
	l := newLoopbackLab(t)
	p := l.people("r", "ada", "bob", "eve")
	for _, to := range p[1:] {
		p[0].sendf(`{"type": "description", "to": %q, "description": {}}`, to.session)
		to.expect("description")
	}
	p[0].sendf(`{"type": "candidate", "to": %q, "candidate": {"candidate": "for bob"}}`, p[1].session)
	p[1].expect("candidate")
	p[2].expectNothing()
	p[0].expectNothing()
}

func TestAnOfferDoesNotComeBack(t *testing.T) {
	l := newLoopbackLab(t)
	p := l.people("r", "ada", "bob")
	p[0].sendf(`{"type": "description", "to": %q, "description": {}}`, p[0].session)
	p[0].expectError(noSuchPeer)
	p[0].sendf(`{"type": "description", "to": %q, "description": {}}`, p[1].session)
	p[1].expect("description")
	p[0].expectNothing()
}
