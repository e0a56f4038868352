package vault

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"voute.dev/voute/server/keys"
)

// keyType is the only one that a server's policy lets it bring to life.
const keyType = "aes256-gcm96"

// Client gives data keys from one transit mount under one prefix.
type Client struct {
	door          *door
	tokens        tokens
	mount, prefix string
	zone          *time.Location
	now           func() time.Time
}

var _ keys.Keys = (*Client)(nil)

// Create makes a data key wrapped by the bucket's key.
func (c *Client) Create(ctx context.Context, bucket string) (keys.DataKey, error) {
	if err := keys.CheckOpen(bucket, c.now(), c.zone); err != nil {
		return keys.DataKey{}, err
	}
	a, err := c.dataKey(ctx, bucket)
	if isNoKey(err) {
		if err := c.bringToLife(ctx, bucket); err != nil {
			return keys.DataKey{}, fmt.Errorf("cannot make the key of bucket %s: %w", bucket, err)
		}
		a, err = c.dataKey(ctx, bucket)
	}
	if err != nil {
		return keys.DataKey{}, fmt.Errorf("cannot make a data key in bucket %s: %w", bucket, err)
	}
	if len(a.Data.Plaintext) != keys.Size || a.Data.Ciphertext == "" {
		clear(a.Data.Plaintext)
		return keys.DataKey{}, fmt.Errorf("%w: it gave no data key of %d bytes", keys.ErrUnavailable, keys.Size)
	}
	return keys.DataKey{Plain: a.Data.Plaintext, Wrapped: a.Data.Ciphertext}, nil
}

// Open unwraps a data key.
func (c *Client) Open(ctx context.Context, bucket, wrapped string) ([]byte, error) {
	if err := keys.CheckOrigin(bucket); err != nil {
		return nil, err
	}
	if !strings.HasPrefix(wrapped, "vault:v") {
		return nil, fmt.Errorf("%w: it is not one that Vault has wrapped", keys.ErrDamaged)
	}
	a, err := c.call(ctx, "decrypt/"+c.key(bucket), map[string]string{"ciphertext": wrapped})
	if isNoKey(err) {
		return nil, fmt.Errorf("%w: bucket %s", keys.ErrGone, bucket)
	}
	var no *refusal
	if errors.As(err, &no) && no.status == 400 {
		return nil, fmt.Errorf("%w: bucket %s", keys.ErrDamaged, bucket)
	}
	if err != nil {
		return nil, fmt.Errorf("cannot open a data key of bucket %s: %w", bucket, err)
	}
	if len(a.Data.Plaintext) != keys.Size {
		clear(a.Data.Plaintext)
		return nil, fmt.Errorf("%w: it holds no key of %d bytes", keys.ErrDamaged, keys.Size)
	}
	return a.Data.Plaintext, nil
}

// Move opens a data key and encrypts it under the other bucket's key, because
// transit rewraps within one key only. Encrypting brings that key to life.
func (c *Client) Move(ctx context.Context, from, wrapped, to string) (string, error) {
	if err := keys.CheckTarget(to, c.now(), c.zone); err != nil {
		return "", err
	}
	plain, err := c.Open(ctx, from, wrapped)
	if err != nil {
		return "", err
	}
	defer clear(plain)
	a, err := c.encrypt(ctx, to, plain)
	if err != nil {
		return "", fmt.Errorf("cannot move a data key to bucket %s: %w", to, err)
	}
	if !strings.HasPrefix(a.Data.Ciphertext, "vault:v") {
		return "", fmt.Errorf("%w: it gave no data key wrapped by bucket %s", keys.ErrUnavailable, to)
	}
	return a.Data.Ciphertext, nil
}

// Check asks for a data key under a name of this server that is never given a
// key: "there is no such key" comes only from a transit mount that is
// unsealed, to a server that its policy lets in.
func (c *Client) Check(ctx context.Context) error {
	_, err := c.dataKey(ctx, "check")
	if isNoKey(err) {
		return nil
	}
	if err == nil {
		return fmt.Errorf("%w: a key %s exists; delete it", keys.ErrRefused, c.key("check"))
	}
	return fmt.Errorf("the key service is not ready: %w", err)
}

func (c *Client) key(bucket string) string { return c.prefix + "." + bucket }

func (c *Client) dataKey(ctx context.Context, bucket string) (answer, error) {
	return c.call(ctx, "datakey/plaintext/"+c.key(bucket), map[string]int{"bits": keys.Size * 8})
}

// bringToLife encrypts a word that is no secret: encrypting creates the key.
func (c *Client) bringToLife(ctx context.Context, bucket string) error {
	_, err := c.encrypt(ctx, bucket, []byte("voute"))
	return err
}

func (c *Client) encrypt(ctx context.Context, bucket string, plain []byte) (answer, error) {
	return c.send(ctx, "encrypt/"+c.key(bucket), func() ([]byte, error) { return encryption(plain), nil })
}

// encryption is the body of a request to encrypt. It is put together by hand, so
// that no copy of the key stays in a buffer of the JSON encoder.
func encryption(plain []byte) []byte {
	const before, after = `{"type":"` + keyType + `","plaintext":"`, `"}`
	content := make([]byte, 0, len(before)+base64.StdEncoding.EncodedLen(len(plain))+len(after))
	content = append(content, before...)
	content = base64.StdEncoding.AppendEncode(content, plain)
	return append(content, after...)
}

func (c *Client) call(ctx context.Context, path string, body any) (answer, error) {
	return c.send(ctx, path, func() ([]byte, error) { return json.Marshal(body) })
}

// send sends a request, and once more with a newer token when it is refused.
func (c *Client) send(ctx context.Context, path string, body content) (answer, error) {
	token, err := c.tokens.get(ctx)
	if err != nil {
		return answer{}, err
	}
	a, err := c.door.post(ctx, token, c.mount+"/"+path, body)
	if !errors.Is(err, keys.ErrRefused) {
		return a, err
	}
	newer, renewal := c.tokens.renew(ctx, token)
	if renewal != nil {
		return answer{}, renewal
	}
	if newer == token {
		return a, err
	}
	return c.door.post(ctx, newer, c.mount+"/"+path, body)
}

func isNoKey(err error) bool {
	var no *refusal
	return errors.As(err, &no) && no.isNoKey()
}
