package web

import (
	"embed"
	"fmt"
	"strings"

	"sigs.k8s.io/yaml"

	"voute.dev/voute/server/language"
)

//go:embed messages
var messageFiles embed.FS

// messages has every sentence of the pages, by language and key. A test holds
// the languages to the same keys, and templates to keys that exist.
var messages = func() map[language.Language]map[string]string {
	all := map[language.Language]map[string]string{}
	for _, lang := range language.All {
		text, err := messageFiles.ReadFile("messages/" + string(lang) + ".yaml")
		if err != nil {
			panic(err) // embedded
		}
		catalog := map[string]string{}
		if err := yaml.UnmarshalStrict(text, &catalog); err != nil {
			panic(err)
		}
		if lang == language.French {
			tie(catalog)
		}
		all[lang] = catalog
	}
	return all
}()

// tie keeps French punctuation from beginning a line.
func tie(catalog map[string]string) {
	spaces := strings.NewReplacer("« ", "«\u00a0", " »", "\u00a0»", " :", "\u00a0:", " ?", "\u00a0?", " %%", "\u00a0%%")
	for key, text := range catalog {
		catalog[key] = spaces.Replace(text)
	}
}

// say gives the sentence of a key, with values put in.
func say(lang language.Language, key string, values ...any) string {
	text, found := messages[lang][key]
	if !found {
		return key // a test keeps this from happening
	}
	if len(values) == 0 {
		return text
	}
	return fmt.Sprintf(text, values...)
}

// count gives the sentence for a number: key.one or key.other.
func count(lang language.Language, key string, n int64) string {
	if lang.One(n) {
		return say(lang, key+".one", n)
	}
	return say(lang, key+".other", n)
}

func known(key string) bool {
	_, found := messages[language.French][key]
	return found
}

func (r *request) say(key string, values ...any) string { return say(r.lang, key, values...) }
