package main

// The two processes of the Go groupcache contestant of the bench: a server that owns all keys, and a client that gets them from it through
// groupcache's own HTTP pool, every get a remote hit. Each runs until its input ends.
//
//	go-groupcache server SIZE        says its URL
//	go-groupcache client SIZE URL    reads keys up to an empty line, gets each once, says "ready"; then, for each line
//	                                 "IN_FLIGHT MILLISECONDS", "GETS MICROSECONDS"
import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"os"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/golang/groupcache"
)

const cacheBytes = 1 << 30

func serve(size int) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		log.Fatal(err)
	}
	url := "http://" + listener.Addr().String()
	pool := groupcache.NewHTTPPoolOpts(url, nil)
	pool.Set(url)
	value := bytes.Repeat([]byte{120}, size)
	var loaded sync.Map
	groupcache.NewGroup("bench", cacheBytes, groupcache.GetterFunc(func(_ context.Context, key string, dest groupcache.Sink) error {
		if _, again := loaded.LoadOrStore(key, true); again {
			return fmt.Errorf("%s was to be in memory since it was loaded", key)
		}
		return dest.SetBytes(value)
	}))
	go func() { log.Fatal(http.Serve(listener, pool)) }()
	fmt.Println(url)
	io.Copy(io.Discard, os.Stdin)
}

// client gets keys in turn, whoever of its loops asks.
type client struct {
	group *groupcache.Group
	keys  []string
	size  int
	next  int64
}

func newClient(url string, size int) *client {
	// a URL of nobody, so that the server owns every key
	pool := groupcache.NewHTTPPoolOpts("http://client", nil)
	// the default keeps two connections, and would open a new one for most gets
	transport := &http.Transport{MaxIdleConns: 2048, MaxIdleConnsPerHost: 1024}
	pool.Transport = func(context.Context) http.RoundTripper { return transport }
	pool.Set(url)
	// 0 bytes: no cache here, no hot one either
	group := groupcache.NewGroup("bench", 0, groupcache.GetterFunc(func(context.Context, string, groupcache.Sink) error {
		return errors.New("the owner answers every get")
	}))
	return &client{group: group, size: size, next: -1}
}

func (c *client) get() {
	key := c.keys[int(atomic.AddInt64(&c.next, 1))%len(c.keys)]
	var value []byte
	if err := c.group.Get(context.Background(), key, groupcache.AllocatingByteSliceSink(&value)); err != nil {
		log.Fatal(err)
	}
	if len(value) != c.size {
		log.Fatalf("expected a value of %d bytes, got %d", c.size, len(value))
	}
}

// round returns how many gets were answered, and in what time.
func (c *client) round(inFlight int, duration time.Duration) (int64, time.Duration) {
	var made int64
	var loops sync.WaitGroup
	started := time.Now()
	for i := 0; i < inFlight; i++ {
		loops.Add(1)
		go func() {
			defer loops.Done()
			for time.Since(started) < duration {
				c.get()
				atomic.AddInt64(&made, 1)
			}
		}()
	}
	loops.Wait()
	return made, time.Since(started)
}

func (c *client) run() {
	input := bufio.NewScanner(os.Stdin)
	for input.Scan() && input.Text() != "" {
		c.keys = append(c.keys, input.Text())
	}
	for range c.keys {
		c.get()
	}
	fmt.Println("ready")
	for input.Scan() {
		var inFlight, ms int
		if _, err := fmt.Sscan(input.Text(), &inFlight, &ms); err != nil {
			log.Fatalf("expected IN_FLIGHT MILLISECONDS, got %q", input.Text())
		}
		made, took := c.round(inFlight, time.Duration(ms)*time.Millisecond)
		fmt.Println(made, took.Microseconds())
	}
}

func main() {
	if len(os.Args) < 3 {
		log.Fatal("expected: server SIZE, or client SIZE URL")
	}
	size, err := strconv.Atoi(os.Args[2])
	if err != nil || size < 1 {
		log.Fatalf("expected a size in bytes, got %q", os.Args[2])
	}
	switch {
	case os.Args[1] == "server" && len(os.Args) == 3:
		serve(size)
	case os.Args[1] == "client" && len(os.Args) == 4:
		newClient(os.Args[3], size).run()
	default:
		log.Fatal("expected: server SIZE, or client SIZE URL")
	}
}
