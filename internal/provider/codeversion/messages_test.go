package codeversion

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/types"

	"terraform-provider-esa/internal/bundle"
	"terraform-provider-esa/internal/esa"
	"terraform-provider-esa/internal/golden"
)

func TestMessages(t *testing.T) {
	t.Parallel()
	const version = "1724158802551287320"
	model := resourceModel{
		Name: types.StringValue("hello"), CodeVersion: types.StringValue(version), ContentHash: types.StringValue("sha256:5f70bf18a086007016e948b04aed3b82103a36bea41755b6cddfaf10ace3c6ef"),
		Retain: types.Int64Null(),
	}
	retaining := model
	retaining.Retain = types.Int64Value(10)
	serving := []esa.Deployment{{Environment: esa.Production, ID: "1724158900000000002", CodeVersions: []esa.DeployedVersion{{CodeVersion: version, Percentage: 100}}}}
	target := esa.Target{Routine: "hello", CodeVersion: version}
	locked := &esa.Interrupted{
		Operation: "DeleteRoutineCodeVersion", Target: target, Cause: context.DeadlineExceeded, Attempts: 6, After: 30 * time.Second,
		Last: &esa.Error{Operation: "DeleteRoutineCodeVersion", Target: target, Kind: esa.Refused, HTTPStatus: 400, Code: "LockFailed", Message: "Failed to obtain the lock.", RequestID: "65C1F2A4-58B6-5A3E-8C9D-1D9A4E3E1F11"},
	}
	building := &esa.Interrupted{Operation: "GetRoutineCodeVersionInfo", Target: target, Cause: context.DeadlineExceeded, Attempts: 40, After: 10 * time.Minute, Setting: "timeouts.create"}
	quota := &esa.Error{Operation: "CreateRoutineWithAssetsCodeVersion", Target: esa.Target{Routine: "hello"}, Kind: esa.Refused, HTTPStatus: 400, Code: "QuotaFull", Message: "The number of code versions has reached its limit.", RequestID: "65C1F2A4-58B6-5A3E-8C9D-1D9A4E3E1F11"}
	dependent := &esa.Error{Operation: "DeleteRoutineCodeVersion", Target: target, Kind: esa.Refused, HTTPStatus: 400, Code: "DependedByOthers", Message: "The code version is in use.", RequestID: "65C1F2A4-58B6-5A3E-8C9D-1D9A4E3E1F11"}
	changing := &bundle.ChangedError{Part: bundle.AssetsDirectory, Path: "dist/assets/logo.svg"}
	absent := &bundle.Error{Part: bundle.Entry, Path: "dist/index.js", Problem: "does not exist"}
	reserved, failed := &esa.CodeVersion{CodeVersion: version, Status: esa.BuildStatusInit}, &esa.CodeVersion{CodeVersion: version, Status: "failed"}
	golden.Messages{
		"Plan: a file does not exist":                           golden.Of(model.contentFailure(absent)),
		"Plan: a file changes while it is read":                 golden.Of(model.contentFailure(changing)),
		"Plan: reading the content is canceled":                 golden.Of(model.contentFailure(context.Canceled)),
		"Plan: an imported version gets content":                golden.Of(model.contentAdopted()),
		"Plan: a version is destroyed while it serves":          golden.Of(model.stillServed(serving)),
		"Plan: a version is replaced while it serves":           golden.Of(model.replacedWhileServed(serving)),
		"Apply: the content differs from the plan":              golden.Of(model.contentChanged("sha256:ffffff18a086007016e948b04aed3b82103a36bea41755b6cddfaf10ace3c6ef")),
		"Apply: the content of the replacement differs":         golden.Of(model.successorChanged(errors.New(`"dist/index.js" or "dist/assets" changed`))),
		"Apply: the content of the replacement cannot be read":  golden.Of(model.successorChanged(absent)),
		"Apply: a file changes during the upload":               golden.Of(model.notPublished(&publishError{step: stepUpload, cause: changing, reserved: reserved})),
		"Apply: a file vanishes before the upload":              golden.Of(model.notPublished(&publishError{step: stepUpload, cause: absent, reserved: reserved})),
		"Apply: the build fails":                                golden.Of(model.notPublished(&publishError{step: stepBuild, cause: errBuildFailed, reserved: failed})),
		"Apply: the build fails and the cleanup as well":        golden.Of(model.notPublished(&publishError{step: stepBuild, cause: errBuildFailed, cleanup: locked, reserved: failed})),
		"Apply: the build takes longer than the time limit":     golden.Of(model.notPublished(&publishError{step: stepBuild, cause: building, reserved: reserved})),
		"Apply: the quota of versions is reached":               golden.Of(model.notPublished(&publishError{step: stepReserve, cause: quota})),
		"Apply: the quota of versions is reached with retain":   golden.Of(retaining.notPublished(&publishError{step: stepReserve, cause: quota})),
		"Apply: it is not known whether a version was reserved": golden.Of(model.notPublished(&publishError{step: stepReserve, cause: errors.New("connection reset by peer"), cleanup: locked})),
		"Apply: an environment serves the version to delete":    golden.Of(model.notDeleted(&servedError{deployments: serving})),
		"Apply: ESA refuses the delete without showing why":     golden.Of(model.notDeleted(&servedError{cause: dependent})),
		"Apply: the version stays in ESA":                       golden.Of(model.staysInESA(serving)),
		"List: the list changes while it is read":               golden.Of(versionsMissing(&esa.List[esa.CodeVersion]{})...),
	}.Compare(t, "../testdata/messages/code-version.txt")
}
