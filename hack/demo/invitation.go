package demo

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"voute.dev/voute/hack/mailbox"
)

const invitationTimeout = 90 * time.Second

// invitation is the link by which a pilot comes in.
type invitation struct{ email, link string }

// awaitInvitation waits for the newest message to the pilot with a link to the address.
func awaitInvitation(ctx context.Context, mailURL, email, address string) (invitation, error) {
	ctx, cancel := context.WithTimeout(ctx, invitationTimeout)
	defer cancel()
	for {
		messages, err := messagesTo(ctx, mailURL, email)
		if err != nil && ctx.Err() == nil {
			return invitation{}, err
		}
		if link := newestLink(messages, address); link != "" {
			return invitation{email: email, link: link}, nil
		}
		select {
		case <-ctx.Done():
			return invitation{}, fmt.Errorf("no invitation for %s arrived within %s; look into the mailbox at %s and at the server's log", email, invitationTimeout, mailURL)
		case <-time.After(300 * time.Millisecond):
		}
	}
}

func messagesTo(ctx context.Context, mailURL, email string) ([]mailbox.Message, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, mailURL+"/messages?to="+url.QueryEscape(email), nil)
	if err != nil {
		return nil, err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return nil, fmt.Errorf("the mailbox does not answer: %w", err)
	}
	defer response.Body.Close()
	var messages []mailbox.Message
	err = json.NewDecoder(response.Body).Decode(&messages)
	return messages, err
}

// newestLink is the link to something below the address in the newest message
// that has one: the address alone is a greeting, no invitation.
func newestLink(messages []mailbox.Message, address string) string {
	below := strings.TrimSuffix(address, "/") + "/"
	for i := len(messages) - 1; i >= 0; i-- {
		for _, link := range messages[i].Links {
			if strings.HasPrefix(link, below) && len(link) > len(below) {
				return link
			}
		}
	}
	return ""
}
