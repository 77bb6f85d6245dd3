package main

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"syscall"
	"time"

	"turnpike/config"
	"turnpike/turnserver"
)

// frontDoor is the HTTP server with its sockets, bound but not yet serving.
type frontDoor struct {
	server *http.Server
	plain  []net.Listener
	secure []net.Listener
}

// listenHTTP binds every listener of that key of the configuration, or none. What
// is secure goes through share.
func listenHTTP(key string, list []config.Listener, secure *tls.Config, share func(net.Listener) (net.Listener, error), handler http.Handler, crowd *crowd, log *slog.Logger) (*frontDoor, error) {
	d := &frontDoor{server: &http.Server{
		Handler:           handler,
		ConnState:         crowd.watch,
		ReadHeaderTimeout: 10 * time.Second,
		ReadTimeout:       20 * time.Second,
		WriteTimeout:      30 * time.Second,
		IdleTimeout:       2 * time.Minute,
		MaxHeaderBytes:    16 << 10,
		TLSConfig:         secure,
		ErrorLog:          newHTTPErrorLog(log),
	}}
	for _, l := range list {
		listeners, err := listenOn(key, l)
		if err != nil {
			d.close()
			return nil, err
		}
		if l.Scheme != "https" {
			d.plain = append(d.plain, listeners...)
			continue
		}
		for _, socket := range listeners {
			web, err := share(socket)
			if err != nil {
				d.close()
				return nil, err
			}
			d.secure = append(d.secure, web)
		}
	}
	return d, nil
}

// listenOn binds one listener, and explains why it cannot.
func listenOn(key string, l config.Listener) ([]net.Listener, error) {
	sockets, err := bind(l)
	if err != nil {
		return nil, listenError(key, l, err)
	}
	return sockets, nil
}

// bind makes two sockets for localhost, since a browser may try either, but one
// where the host lacks IPv6 or IPv4.
func bind(l config.Listener) ([]net.Listener, error) {
	if l.Host != "localhost" {
		socket, err := net.Listen("tcp", l.HostPort())
		return []net.Listener{socket}, err
	}
	var sockets []net.Listener
	var missing error
	for _, host := range []string{"127.0.0.1", "::1"} {
		at := config.Listener{Scheme: l.Scheme, Host: host, Port: l.Port}
		socket, err := net.Listen("tcp", at.HostPort())
		switch {
		case err == nil:
			sockets = append(sockets, socket)
		case errors.Is(err, syscall.EADDRNOTAVAIL) || errors.Is(err, syscall.EAFNOSUPPORT):
			missing = err
		default:
			for _, s := range sockets {
				s.Close()
			}
			return nil, err
		}
	}
	if len(sockets) == 0 {
		return nil, missing
	}
	return sockets, nil
}

// serve starts one goroutine for each socket; each reports how it ended.
func (d *frontDoor) serve(begin func(name string, serve func() error)) {
	for _, l := range d.plain {
		begin("http", func() error { return served(d.server.Serve(l)) })
	}
	for _, l := range d.secure {
		begin("https", func() error { return served(d.server.Serve(l)) })
	}
}

func served(err error) error {
	if errors.Is(err, http.ErrServerClosed) {
		return nil
	}
	return err
}

// shutdown lets requests that are being answered end, for as long as ctx does.
func (d *frontDoor) shutdown(ctx context.Context) {
	if d.server.Shutdown(ctx) != nil {
		d.server.Close()
	}
}

func (d *frontDoor) close() {
	for _, l := range append(d.plain, d.secure...) {
		l.Close()
	}
}

// listenError says what was tried, what happened, and what to do.
func listenError(key string, l config.Listener, err error) error {
	switch {
	case errors.Is(err, syscall.EADDRINUSE):
		return fmt.Errorf("listen %s: address already in use%s. Stop what uses it, or set %s to another port", l, holder(err), key)
	case errors.Is(err, syscall.EADDRNOTAVAIL), errors.Is(err, syscall.EAFNOSUPPORT):
		return fmt.Errorf("listen %s: this host has no such address. Set %s to one that it has", l, key)
	case errors.Is(err, syscall.EACCES):
		return fmt.Errorf("listen %s: not permitted. Ports below 1024 need root or CAP_NET_BIND_SERVICE", l)
	}
	return fmt.Errorf("listen %s: %w", l, err)
}

// holder names who has the port, where that can be told.
func holder(err error) string {
	var op *net.OpError
	if !errors.As(err, &op) {
		return ""
	}
	switch at := op.Addr.(type) {
	case *net.TCPAddr:
		return turnserver.Holder("tcp", at.AddrPort())
	case *net.UDPAddr:
		return turnserver.Holder("udp", at.AddrPort())
	}
	return ""
}
