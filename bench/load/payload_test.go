package load

import "testing"

func TestPayloadIsReadAsItWasWritten(t *testing.T) {
	want := stamp{run: 7, flow: 4000, number: 1 << 30, direction: 1, at: 1 << 60}
	payload := append([]byte(nil), pattern[:172]...)
	want.put(payload)
	if got, ok := readStamp(payload, 172); !ok || got != want {
		t.Errorf("%+v, %v", got, ok)
	}
	for i := stampSize; i < len(payload); i++ {
		payload[i] ^= 0x10
		if _, ok := readStamp(payload, 172); ok {
			t.Errorf("a fault in byte %d is not seen", i)
		}
		payload[i] ^= 0x10
	}
	if _, ok := readStamp(payload[:171], 172); ok {
		t.Error("a payload that was cut is taken for whole")
	}
}
