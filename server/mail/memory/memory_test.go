package memory_test

import (
	"testing"

	"voute.dev/voute/server/mail"
	"voute.dev/voute/server/mail/mailtest"
	"voute.dev/voute/server/mail/memory"
)

func TestContract(t *testing.T) {
	mailtest.Contract(t, func(*testing.T) mailtest.Service {
		m := memory.New()
		return mailtest.Service{
			Mailer: m, Received: m.Messages,
			Interrupt: func() { m.Fail(mail.ErrUnavailable) }, Resume: func() { m.Fail(nil) },
		}
	})
}
