package year

import (
	"os"
	"sync"

	"k8s.io/utils/ptr"
	"sigs.k8s.io/yaml"

	configv1 "voute.dev/voute/api/config/v1alpha1"
	"voute.dev/voute/internal/platform"
)

const imageName = "localhost/voute-server:"

var readDefault = sync.OnceValues(func() (*configv1.PlatformConfiguration, error) {
	text, err := os.ReadFile(platformFile)
	if err != nil {
		return nil, err
	}
	return platform.Load(text)
})

// loadPlatform is the default file with an edit, written and read as a file is.
func loadPlatform(edit func(*configv1.PlatformConfiguration)) (*configv1.PlatformConfiguration, error) {
	config, err := readDefault()
	if err != nil {
		return nil, err
	}
	return reload(config, func(config *configv1.PlatformConfiguration) {
		config.Storage.ClassName = storageClass
		edit(config)
	})
}

func reload(config *configv1.PlatformConfiguration, edit func(*configv1.PlatformConfiguration)) (*configv1.PlatformConfiguration, error) {
	edited := config.DeepCopy()
	edit(edited)
	text, err := yaml.Marshal(edited)
	if err != nil {
		return nil, err
	}
	return platform.Load(text)
}

// setPlatform puts another file into force, which wakes everybody.
func (w *world) setPlatform(edit func(*configv1.PlatformConfiguration)) error {
	config, err := reload(w.config, edit)
	if err != nil {
		return err
	}
	w.config, w.epoch = config, w.epoch+1
	w.count.files++
	for _, c := range w.clients {
		w.oracle.wanted(c)
	}
	w.wakeAll()
	return nil
}

// offer adds a version to the catalogue, or gives it another image.
func offer(config *configv1.PlatformConfiguration, version, image string) {
	for i := range config.Server.Images {
		if config.Server.Images[i].Version == version {
			config.Server.Images[i].Image = image
			return
		}
	}
	config.Server.Images = append(config.Server.Images, configv1.ServerImage{Version: version, Image: image})
}

// drawRules are the platform's own: how many at a time, and how fast.
func (w *world) drawRules(config *configv1.PlatformConfiguration) {
	rules := &config.Rollout
	rules.Slots = int32(1 + w.rng.IntN(4))
	rules.HaltAfter = int32(1 + w.rng.IntN(3))
	rules.DeadlineMinutes = pick[int32](w, 10, 15, 30, 60)
	rules.CanaryPercent = ptr.To(pick[int32](w, 0, 5, 10, 25))
	rules.ExpectedMinutes = ptr.To(pick[int32](w, 0, 20, 40, 60))
	rules.HealthyMinutes = ptr.To(pick[int32](w, 0, 30, 24*60, 3*24*60))
	rules.NoticeDays = ptr.To(pick[int32](w, 0, 3, 7, 14))
}

func pick[T any](w *world, from ...T) T { return from[w.rng.IntN(len(from))] }
