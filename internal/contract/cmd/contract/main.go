// Command contract asks ESA what no source tells and writes the answers into a file:
//
//	go run ./internal/contract/cmd/contract -o facts.json -site 54362329990032 -host contract.example.com
//
// It signs with ALIBABA_CLOUD_ACCESS_KEY_ID, ALIBABA_CLOUD_ACCESS_KEY_SECRET and, for a session, ALIBABA_CLOUD_SECURITY_TOKEN.
// Without them it asks the simulator. It makes a routine with a name of its own, and deletes it; with -site a route that is
// disabled and a record for -host, which must have none yet. The file has no secrets.
package main

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"terraform-provider-esa/internal/contract"
	"terraform-provider-esa/internal/esasim"
)

func main() {
	out := flag.String("o", "facts.json", "`file` to write the answers to")
	endpoint := flag.String("endpoint", "https://esa.cn-hangzhou.aliyuncs.com", "`address` of ESA")
	site := flag.String("site", "", "`id` of a site of the account, for the questions about routes and records")
	host := flag.String("host", "", "with -site: a host `name` on it that has no record yet")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, *out, *endpoint, contract.Settings{
		Routine: "esa-contract-" + strings.ToLower(rand.Text()[:10]), Site: *site, Host: *host, Pause: 500 * time.Millisecond,
		Progress: func(id string) { fmt.Println("asking:", id) },
	})
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "contract:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, out, endpoint string, settings contract.Settings) error {
	if (settings.Site == "") != (settings.Host == "") {
		return errors.New("-site and -host belong together")
	}
	key := contract.Key{ID: os.Getenv("ALIBABA_CLOUD_ACCESS_KEY_ID"), Secret: os.Getenv("ALIBABA_CLOUD_ACCESS_KEY_SECRET"), Token: os.Getenv("ALIBABA_CLOUD_SECURITY_TOKEN")}
	simulated, err := contract.Simulate(ctx)
	if err != nil {
		return err
	}
	record := simulated
	if key.ID != "" {
		api, err := contract.NewSDK(endpoint, key)
		if err != nil {
			return err
		}
		fmt.Printf("Asking %s with the routine %s.\n", endpoint, settings.Routine)
		record, err = contract.Run(ctx, api, settings)
		record.Endpoint = endpoint
		if err != nil {
			return errors.Join(err, write(out, record))
		}
	} else {
		fmt.Println("ALIBABA_CLOUD_ACCESS_KEY_ID is not set, so the simulator answers.")
	}
	if err := write(out, record); err != nil {
		return err
	}
	fmt.Printf("The answers are in %s.\n", out)
	for _, line := range record.Differences(simulated) {
		id, _, _ := strings.Cut(line, ":")
		fmt.Printf("The simulator differs. %s%s\n", line, hint(esasim.Question(id)))
	}
	return nil
}

// hint says how the simulator can be made to give another answer.
func hint(question esasim.Question) string {
	if question.Answers() == nil {
		return ""
	}
	return fmt.Sprintf(" (esasim -answer %s=…, one of %q)", question, question.Answers())
}

func write(file string, record contract.Record) error {
	text, err := json.MarshalIndent(record, "", "  ")
	if err != nil {
		return err
	}
	return os.WriteFile(file, append(text, '\n'), 0o600)
}
