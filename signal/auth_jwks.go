package signal

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"sync"
	"time"
)

// JWKS is where the keys of tokens are published (RFC 7517 §5).
type JWKS struct {
	URL     string        // https
	Refresh time.Duration // how often it is read again; 0: every hour

	// Transport makes the requests. Nil: HTTP with the system's trust.
	Transport http.RoundTripper

	// Log gets a line when the keys change, or cannot be read. Nil: silence.
	Log *slog.Logger
}

const (
	defaultRefresh = time.Hour
	fetchTimeout   = 5 * time.Second
	fetchPause     = time.Minute // between two fetches, whatever tokens ask for
	maxSetBytes    = 256 << 10
	maxSetKeys     = 64
	maxRedirects   = 3
)

// keySet are the keys of a JWKS. One goroutine reads them at the start and every
// Refresh; a token with an unknown kid makes it do so earlier, but at most once
// in fetchPause. While the server does not answer the last keys stay.
type keySet struct {
	cfg    JWKS
	client *http.Client
	wake   chan struct{} // holds one: somebody waits for the next fetch
	cancel context.CancelFunc
	done   chan struct{}

	mu      sync.Mutex // guards the following
	keys    []Key
	running bool          // a fetch does
	begun   time.Time     // of the last fetch
	fetched chan struct{} // closed by the end of the fetch that runs, or that is next
}

func newKeySet(cfg JWKS) (*keySet, error) {
	if u, err := url.Parse(cfg.URL); err != nil || u.Scheme != "https" || u.Host == "" || u.User != nil {
		return nil, errors.New("the URL of the key set is not one of https")
	}
	if cfg.Refresh <= 0 {
		cfg.Refresh = defaultRefresh
	}
	cfg.Refresh = max(cfg.Refresh, fetchPause)
	if cfg.Transport == nil {
		cfg.Transport = http.DefaultTransport
	}
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	ctx, cancel := context.WithCancel(context.Background())
	k := &keySet{
		cfg:     cfg,
		client:  &http.Client{Transport: cfg.Transport, Timeout: fetchTimeout, CheckRedirect: stayOnHTTPS},
		wake:    make(chan struct{}, 1),
		cancel:  cancel,
		done:    make(chan struct{}),
		fetched: make(chan struct{}),
	}
	go k.run(ctx)
	return k, nil
}

func stayOnHTTPS(r *http.Request, via []*http.Request) error {
	if r.URL.Scheme != "https" {
		return errors.New("the key set is redirected away from https")
	}
	if len(via) > maxRedirects {
		return errors.New("the key set is redirected again and again")
	}
	return nil
}

func (k *keySet) close() {
	k.cancel()
	<-k.done
}

func (k *keySet) run(ctx context.Context) {
	defer close(k.done)
	for {
		began := time.Now()
		k.fetch(ctx, began)
		next := time.NewTimer(k.wait())
		pause := time.NewTimer(time.Until(began.Add(fetchPause)))
		select {
		case <-ctx.Done():
		case <-pause.C: // from here on whoever does not find a key may ask
			select {
			case <-ctx.Done():
			case <-next.C:
			case <-k.wake:
			}
		}
		next.Stop()
		pause.Stop()
		if ctx.Err() != nil {
			return
		}
	}
}

// wait is how long the keys are good for: not long while there are none.
func (k *keySet) wait() time.Duration {
	k.mu.Lock()
	defer k.mu.Unlock()
	if len(k.keys) == 0 {
		return fetchPause
	}
	return k.cfg.Refresh
}

// fetch reads the keys, and tells those who wait for it.
func (k *keySet) fetch(ctx context.Context, now time.Time) {
	k.mu.Lock()
	k.begun, k.running = now, true
	select {
	case <-k.wake: // what was asked for is this
	default:
	}
	k.mu.Unlock()

	keys, err := k.read(ctx)

	k.mu.Lock()
	defer k.mu.Unlock()
	k.running = false
	if err == nil {
		k.keys = keys
		k.cfg.Log.Debug("key set read", "keys", len(keys))
	} else if ctx.Err() == nil {
		k.cfg.Log.Warn("cannot read the key set, the last keys stay", "keys", len(k.keys), "err", err)
	}
	close(k.fetched)
	k.fetched = make(chan struct{})
}

func (k *keySet) read(ctx context.Context) ([]Key, error) {
	ctx, cancel := context.WithTimeout(ctx, fetchTimeout)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, k.cfg.URL, nil)
	if err != nil {
		return nil, err
	}
	request.Header.Set("Accept", "application/jwk-set+json, application/json")
	response, err := k.client.Do(request)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("the server of the key set answers %d", response.StatusCode)
	}
	data, err := io.ReadAll(io.LimitReader(response.Body, maxSetBytes+1))
	if err != nil {
		return nil, err
	}
	if len(data) > maxSetBytes {
		return nil, fmt.Errorf("the key set is larger than %d bytes", maxSetBytes)
	}
	return parseJWKS(data)
}

// find returns the keys for a kid (all for an empty one), after another fetch
// if there are none and one is due.
func (k *keySet) find(ctx context.Context, id string, now time.Time) ([]Key, *problem) {
	keys, wait := k.look(id, now)
	if wait != nil {
		select {
		case <-wait:
		case <-ctx.Done():
		case <-k.done:
		}
		keys, _ = k.look(id, now)
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	if len(keys) == 0 && len(k.keys) == 0 {
		return nil, &problem{keysUnavailable, "the keys that verify tokens cannot be read now; try again in a minute"}
	}
	return keys, nil
}

// look also returns what to wait for, if waiting may help.
func (k *keySet) look(id string, now time.Time) (keys []Key, wait <-chan struct{}) {
	k.mu.Lock()
	defer k.mu.Unlock()
	for _, key := range k.keys {
		if id == "" || key.id == id {
			keys = append(keys, key)
		}
	}
	if len(keys) > 0 {
		return keys, nil
	}
	if k.running {
		return nil, k.fetched
	}
	if k.begun.IsZero() || now.Sub(k.begun) >= fetchPause {
		select {
		case k.wake <- struct{}{}:
		default:
		}
		return nil, k.fetched
	}
	return nil, nil
}
