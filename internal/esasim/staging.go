package esasim

import (
	"encoding/base64"
	"strconv"
)

// stagingSlot is where the older upload puts a routine's code. There is one for
// each routine, so two uploads at once can commit each other's code.
type stagingSlot struct {
	description string
	code        []byte
	filled      bool
}

// getRoutineStagingCodeUploadInfo is GetRoutineStagingCodeUploadInfo: the form
// to upload code to the staging slot with. Its members have other names than
// those of CreateRoutineWithAssetsCodeVersion, as the vendor's command line
// reads them.
func (s *Simulator) getRoutineStagingCodeUploadInfo(q *request) (object, *apiError) {
	name, err := q.required("Name")
	if err != nil {
		return nil, err
	}
	r, err := s.store.find(name)
	if err != nil {
		return nil, err
	}
	now := s.clock().UTC()
	r.staging = stagingSlot{description: q.get("CodeDescription")}
	ticket := newUploadTicket(stagingKey(name), now)
	return object{
		"CodeVersion": wideID(strconv.FormatInt(s.store.nextID(now), 10)),
		"OssPostConfig": object{
			"Url":               uploadURL(q.http),
			"OSSAccessKeyId":    ticket.accessKeyID,
			"Signature":         ticket.signature,
			"policy":            ticket.policy,
			"key":               ticket.key,
			"callback":          base64.StdEncoding.EncodeToString([]byte(`{"callbackUrl":"none"}`)),
			"x:codeDescription": base64.StdEncoding.EncodeToString([]byte(r.staging.description)),
		},
	}, nil
}

// commitRoutineStagingCode is CommitRoutineStagingCode: the code in the staging
// slot becomes a version, built at once.
func (s *Simulator) commitRoutineStagingCode(q *request) (object, *apiError) {
	name, err := q.required("Name")
	if err != nil {
		return nil, err
	}
	r, err := s.store.find(name)
	if err != nil {
		return nil, err
	}
	deployEnv, err := deployEnvironment(q)
	if err != nil {
		return nil, err
	}
	if err := s.checkVersionQuota(r); err != nil {
		return nil, err
	}
	if !r.staging.filled {
		return nil, refuse(codeInvalidParameter, "nothing was uploaded to the staging slot of routine %q", name)
	}
	description := q.get("CodeDescription")
	if description == "" {
		description = r.staging.description
	}
	now := s.clock().UTC()
	v := &codeVersion{
		version:     strconv.FormatInt(s.store.nextID(now), 10),
		status:      statusAvailable,
		description: description,
		created:     now,
		code:        r.staging.code,
		deployEnv:   deployEnv,
	}
	s.bind(name, v)
	r.versions = append(r.versions, v)
	return object{"CodeVersion": wideID(v.version)}, nil
}
