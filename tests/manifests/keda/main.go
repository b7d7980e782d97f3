// Command keda takes manifests on standard input as KEDA's operator would: each TriggerAuthentication is resolved and
// each trigger of a ScaledObject parsed by KEDA's own code. It prints a line of JSON for each trigger.
//
//	keda [BROKER] <manifests.yaml
//
// With BROKER (host:port) the lag is read there, in place of the address in the trigger, which is the cluster's own.
// Exit status 1: something is refused.
package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/go-logr/logr"
	kedav1alpha1 "github.com/kedacore/keda/v2/apis/keda/v1alpha1"
	"github.com/kedacore/keda/v2/pkg/scalers"
	"github.com/kedacore/keda/v2/pkg/scalers/authentication"
	"github.com/kedacore/keda/v2/pkg/scalers/scalersconfig"
	"github.com/kedacore/keda/v2/pkg/scaling/resolver"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/yaml"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"
	strict "sigs.k8s.io/yaml"
)

const nowhere = "127.0.0.1:1" // nobody listens: parsed, and no further

type found struct {
	ScaledObject     string
	Trigger          string
	BootstrapServers string
	Username         string
	Lag              map[string]int64 `json:",omitempty"`
	Refused          string           `json:",omitempty"`
}

func main() {
	broker := ""
	if len(os.Args) > 1 {
		broker = os.Args[1]
	}
	all, err := triggers(context.Background(), os.Stdin, broker)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	status := 0
	for _, one := range all {
		if one.Refused != "" {
			status = 1
		}
		_ = json.NewEncoder(os.Stdout).Encode(one)
	}
	os.Exit(status)
}

func triggers(ctx context.Context, manifests io.Reader, broker string) ([]found, error) {
	objects, scaled, err := read(manifests)
	if err != nil {
		return nil, err
	}
	scheme := runtime.NewScheme()
	for _, add := range []func(*runtime.Scheme) error{corev1.AddToScheme, kedav1alpha1.AddToScheme} {
		if err := add(scheme); err != nil {
			return nil, err
		}
	}
	cluster := fake.NewClientBuilder().WithScheme(scheme).WithObjects(objects...).Build()
	var all []found
	for _, one := range scaled {
		if err := errors.Join(
			kedav1alpha1.CheckFallbackValid(one),
			kedav1alpha1.CheckReplicaCountBoundsAreValid(one),
			kedav1alpha1.ValidateTriggers(one.Spec.Triggers),
		); err != nil {
			return nil, fmt.Errorf("ScaledObject %s: %w", one.Name, err)
		}
		for index, trigger := range one.Spec.Triggers {
			all = append(all, taken(ctx, cluster, one, index, trigger, broker))
		}
	}
	return all, nil
}

// taken does what buildScalers of KEDA's pkg/scaling does for one trigger.
func taken(
	ctx context.Context, cluster client.Client, one *kedav1alpha1.ScaledObject, index int,
	trigger kedav1alpha1.ScaleTriggers, broker string,
) found {
	it := found{ScaledObject: one.Name, Trigger: trigger.Type, BootstrapServers: trigger.Metadata["bootstrapServers"]}
	parameters, _, err := resolver.ResolveAuthRefAndPodIdentity(
		ctx, cluster, logr.Discard(), trigger.AuthenticationRef, nil, one.Namespace, &authentication.AuthClientSet{},
	)
	if err != nil {
		it.Refused = err.Error()
		return it
	}
	it.Username = parameters["username"]
	config := &scalersconfig.ScalerConfig{
		ScalableObjectName: one.Name, ScalableObjectNamespace: one.Namespace, ScalableObjectType: "ScaledObject",
		TriggerMetadata: trigger.Metadata, TriggerType: trigger.Type, TriggerIndex: index,
		MetricType: trigger.MetricType, AuthParams: parameters,
	}
	switch trigger.Type {
	case "cpu":
		_, err = scalers.NewCPUMemoryScaler(corev1.ResourceCPU, config)
	case "kafka":
		config.TriggerMetadata["bootstrapServers"] = nowhere
		if broker != "" {
			config.TriggerMetadata["bootstrapServers"] = broker
		}
		it.Lag, err = lag(ctx, config)
		if broker == "" && err != nil && strings.HasPrefix(err.Error(), "error creating kafka client") {
			err = nil // it was parsed
		}
	default:
		err = fmt.Errorf("a trigger of type %q is not known here", trigger.Type)
	}
	if err != nil {
		it.Refused = err.Error()
	}
	return it
}

func lag(ctx context.Context, config *scalersconfig.ScalerConfig) (map[string]int64, error) {
	scaler, err := scalers.NewKafkaScaler(ctx, config)
	if err != nil {
		return nil, err
	}
	defer scaler.Close(ctx)
	read := map[string]int64{}
	for _, spec := range scaler.GetMetricSpecForScaling(ctx) {
		name := spec.External.Metric.Name
		values, _, err := scaler.GetMetricsAndActivity(ctx, name)
		if err != nil {
			return nil, err
		}
		for _, value := range values {
			read[name] += value.Value.Value()
		}
	}
	return read, nil
}

// read returns what is looked up (Secrets, ConfigMaps, TriggerAuthentications) and the ScaledObjects, each without a
// field that KEDA does not know.
func read(manifests io.Reader) (objects []client.Object, scaled []*kedav1alpha1.ScaledObject, err error) {
	documents := yaml.NewYAMLReader(bufio.NewReader(manifests))
	for {
		document, err := documents.Read()
		if errors.Is(err, io.EOF) {
			return objects, scaled, nil
		}
		if err != nil {
			return nil, nil, err
		}
		kind := unstructured.Unstructured{}
		if err := yaml.NewYAMLOrJSONDecoder(bytes.NewReader(document), len(document)).Decode(&kind.Object); err != nil {
			return nil, nil, err
		}
		var into client.Object
		switch kind.GetKind() {
		case "ConfigMap":
			into = &corev1.ConfigMap{}
		case "Secret":
			into = &corev1.Secret{}
		case "TriggerAuthentication":
			into = &kedav1alpha1.TriggerAuthentication{}
		case "ScaledObject":
			one := &kedav1alpha1.ScaledObject{}
			into, scaled = one, append(scaled, one)
		default:
			continue
		}
		if err := strict.UnmarshalStrict(document, into); err != nil {
			return nil, nil, fmt.Errorf("%s %s: %w", kind.GetKind(), kind.GetName(), err)
		}
		objects = append(objects, into)
	}
}
