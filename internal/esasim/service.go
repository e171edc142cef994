package esasim

// getErService is GetErService: the service is enabled on the account.
func (s *Simulator) getErService(*request) (object, *apiError) {
	return object{"Status": "Running", "PlanName": "er_paymode"}, nil
}

// getRoutineStagingEnvIP is GetRoutineStagingEnvIp. The address is one that is
// reserved for documentation (RFC 5737): nothing answers there.
func (s *Simulator) getRoutineStagingEnvIP(*request) (object, *apiError) {
	return object{"IPV4": []any{"192.0.2.1"}}, nil
}
