package main

// One member of a hashicorp/memberlist cluster with its LAN defaults, on loopback: tells of joins and failures on
// stdout, and runs until it is ended. What bench/memberlist.ts measures.
//
//   memberlist-node PORT [PORT OF A SEED]
import (
	"fmt"
	"io"
	"log"
	"os"
	"strconv"

	"github.com/hashicorp/memberlist"
)

type teller struct{}

func (teller) NotifyJoin(node *memberlist.Node)   { fmt.Println("join", node.Name) }
func (teller) NotifyLeave(node *memberlist.Node)  { fmt.Println("leave", node.Name) }
func (teller) NotifyUpdate(node *memberlist.Node) {}

func main() {
	port, err := strconv.Atoi(os.Args[1])
	if err != nil {
		log.Fatal(err)
	}
	config := memberlist.DefaultLANConfig()
	config.Name = os.Args[1]
	config.BindAddr, config.AdvertiseAddr = "127.0.0.1", "127.0.0.1"
	config.BindPort, config.AdvertisePort = port, port
	config.Logger = log.New(io.Discard, "", 0)
	config.Events = teller{}
	list, err := memberlist.Create(config)
	if err != nil {
		log.Fatal(err)
	}
	if len(os.Args) > 2 {
		if _, err := list.Join([]string{"127.0.0.1:" + os.Args[2]}); err != nil {
			log.Fatal(err)
		}
	}
	select {}
}
