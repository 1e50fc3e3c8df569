package cis

const apiServerProgram = "kube-apiserver"

// apiServer is section 1.2, and 3.2.1, which is about the API server as well.
func apiServer() []check {
	return append(append(apiServerAccess(), apiServerAudit()...), apiServerKeys()...)
}

// scored is an automated item of a control-plane process, judged an item that the benchmark leaves to a person.
func scored(id, title, program string, is flagTest, remedy string) check {
	return check{id: id, title: title, automated: true, on: ControlPlane, test: process(program, is), remedy: remedy}
}

func judged(id, title, program string, is flagTest, remedy string) check {
	return check{id: id, title: title, on: ControlPlane, test: process(program, is), remedy: remedy}
}

func apiServerAccess() []check {
	const program = apiServerProgram
	return []check{
		{
			id: "1.2.1", title: "anonymous requests reach health checks only", on: ControlPlane, test: anonymousRestricted,
			remedy: "--authentication-config with anonymous conditions for /livez, /readyz and /healthz",
		},
		scored("1.2.2", "there are no static tokens", program, isAbsent("token-auth-file"), "remove --token-auth-file"),
		judged("1.2.3", "services cannot claim external addresses", program,
			includes("enable-admission-plugins", "DenyServiceExternalIPs"),
			"add DenyServiceExternalIPs to --enable-admission-plugins"),
		scored("1.2.4", "the API server has a certificate for kubelets", program,
			both(isSet("kubelet-client-certificate"), isSet("kubelet-client-key")),
			"--kubelet-client-certificate and --kubelet-client-key"),
		scored("1.2.5", "the API server checks kubelets' certificates", program, isSet("kubelet-certificate-authority"),
			"--kubelet-certificate-authority with the authority that signs kubelets' serving certificates"),
		scored("1.2.6", "not everything is authorized", program,
			both(isSet("authorization-mode"), excludes("authorization-mode", "AlwaysAllow")), "--authorization-mode=Node,RBAC"),
		scored("1.2.7", "kubelets are authorized as such", program, includes("authorization-mode", "Node"),
			"--authorization-mode=Node,RBAC"),
		scored("1.2.8", "access is given by roles", program, includes("authorization-mode", "RBAC"),
			"--authorization-mode=Node,RBAC"),
		judged("1.2.9", "events are limited", program, includes("enable-admission-plugins", "EventRateLimit"),
			"add EventRateLimit to --enable-admission-plugins, with limits in --admission-control-config-file"),
		scored("1.2.10", "not everything is admitted", program, excludes("enable-admission-plugins", "AlwaysAdmit"),
			"remove AlwaysAdmit from --enable-admission-plugins"),
		{
			id: "1.2.11", title: "private images on a node run only with credentials for them", on: ControlPlane,
			test: anyOf(process(program, includes("enable-admission-plugins", "AlwaysPullImages")), pulledImagesVerified),
			remedy: "the kubelet's imagePullCredentialsVerificationPolicy NeverVerifyPreloadedImages or stricter, " +
				"or the admission plugin AlwaysPullImages",
		},
		scored("1.2.12", "service accounts are admitted as such", program,
			excludes("disable-admission-plugins", "ServiceAccount"), "remove ServiceAccount from --disable-admission-plugins"),
		scored("1.2.13", "nothing is made in namespaces that are not there", program,
			excludes("disable-admission-plugins", "NamespaceLifecycle"),
			"remove NamespaceLifecycle from --disable-admission-plugins"),
		scored("1.2.14", "a kubelet changes its own node and pods only", program,
			includes("enable-admission-plugins", "NodeRestriction"), "add NodeRestriction to --enable-admission-plugins"),
	}
}

func apiServerAudit() []check {
	const program = apiServerProgram
	return []check{
		scored("1.2.15", "profiling is off", program, is("profiling", "false"), "--profiling=false"),
		scored("1.2.16", "there is an audit log", program, isSet("audit-log-path"), "--audit-log-path"),
		scored("1.2.17", "audit logs are kept for 30 days", program, atLeast("audit-log-maxage", 30), "--audit-log-maxage=30"),
		scored("1.2.18", "ten old audit logs are kept", program, atLeast("audit-log-maxbackup", 10), "--audit-log-maxbackup=10"),
		scored("1.2.19", "audit logs may grow to 100 MB", program, atLeast("audit-log-maxsize", 100), "--audit-log-maxsize=100"),
		judged("1.2.20", "how long a request may take is set", program, isSet("request-timeout"), "--request-timeout=60s"),
		scored("1.2.21", "tokens of deleted service accounts are refused", program,
			either(isAbsent("service-account-lookup"), is("service-account-lookup", "true")), "--service-account-lookup=true"),
		scored("1.2.22", "service account tokens are checked with a key of their own", program,
			isSet("service-account-key-file"), "--service-account-key-file"),
	}
}

func apiServerKeys() []check {
	const program = apiServerProgram
	return []check{
		scored("1.2.23", "the API server has a certificate for etcd", program,
			both(isSet("etcd-certfile"), isSet("etcd-keyfile")), "--etcd-certfile and --etcd-keyfile"),
		scored("1.2.24", "the API server has a serving certificate", program,
			both(isSet("tls-cert-file"), isSet("tls-private-key-file")), "--tls-cert-file and --tls-private-key-file"),
		scored("1.2.25", "clients may present certificates", program, isSet("client-ca-file"), "--client-ca-file"),
		scored("1.2.26", "the API server checks etcd's certificate", program, isSet("etcd-cafile"), "--etcd-cafile"),
		judged("1.2.27", "secrets are encrypted at rest", program, isSet("encryption-provider-config"),
			"--encryption-provider-config"),
		{
			id: "1.2.28", title: "what encrypts secrets is strong", on: ControlPlane, test: encryptionStrong,
			remedy: "secretbox, kms or aescbc as first provider of every resource in --encryption-provider-config",
		},
		judged("1.2.29", "the API server accepts strong ciphers only", program, strongTLS,
			"--tls-min-version=VersionTLS13, or --tls-cipher-suites with strong suites only"),
		scored("1.2.30", "service account tokens end when they say", program,
			is("service-account-extend-token-expiration", "false"), "--service-account-extend-token-expiration=false"),
	}
}

// controllers is sections 1.3 and 1.4.
func controllers() []check {
	const manager, scheduler = "kube-controller-manager", "kube-scheduler"
	loopback := either(isAbsent("bind-address"), is("bind-address", "127.0.0.1"))
	return []check{
		judged("1.3.1", "how many ended pods are kept is set", manager, isSet("terminated-pod-gc-threshold"),
			"--terminated-pod-gc-threshold"),
		scored("1.3.2", "profiling of the controller manager is off", manager, is("profiling", "false"), "--profiling=false"),
		scored("1.3.3", "each controller has an account of its own", manager, is("use-service-account-credentials", "true"),
			"--use-service-account-credentials=true"),
		scored("1.3.4", "service account tokens are signed with a key of their own", manager,
			isSet("service-account-private-key-file"), "--service-account-private-key-file"),
		scored("1.3.5", "pods get the certificate of the API server's authority", manager, isSet("root-ca-file"), "--root-ca-file"),
		scored("1.3.6", "kubelets' serving certificates may be rotated", manager,
			excludes("feature-gates", "RotateKubeletServerCertificate=false"),
			"remove RotateKubeletServerCertificate=false from --feature-gates"),
		scored("1.3.7", "the controller manager listens on loopback only", manager, loopback, "--bind-address=127.0.0.1"),
		scored("1.4.1", "profiling of the scheduler is off", scheduler, is("profiling", "false"), "--profiling=false"),
		scored("1.4.2", "the scheduler listens on loopback only", scheduler, loopback, "--bind-address=127.0.0.1"),
	}
}

// etcd is section 2, and 3.2.1.
func etcd() []check {
	const program = "etcd"
	notTrue := func(name string) flagTest { return either(isAbsent(name), is(name, "false")) }
	return []check{
		scored("2.1", "etcd has a serving certificate", program, both(isSet("cert-file"), isSet("key-file")),
			"--cert-file and --key-file"),
		scored("2.2", "etcd's clients must present certificates", program, is("client-cert-auth", "true"), "--client-cert-auth=true"),
		scored("2.3", "etcd does not sign its own certificate for clients", program, notTrue("auto-tls"), "remove --auto-tls"),
		scored("2.4", "etcd has a certificate for its peers", program, both(isSet("peer-cert-file"), isSet("peer-key-file")),
			"--peer-cert-file and --peer-key-file"),
		scored("2.5", "etcd's peers must present certificates", program, is("peer-client-cert-auth", "true"),
			"--peer-client-cert-auth=true"),
		scored("2.6", "etcd does not sign its own certificate for peers", program, notTrue("peer-auto-tls"),
			"remove --peer-auto-tls"),
		{
			id: "2.7", title: "etcd trusts an authority of its own", on: ControlPlane, test: etcdAuthorityApart,
			remedy: "--trusted-ca-file with another authority than the API server's --client-ca-file",
		},
		judged("3.2.1", "there is an audit policy", apiServerProgram, isSet("audit-policy-file"), "--audit-policy-file"),
	}
}
