/**
 * A certificate of model.test and its key, which protect nothing. They were made by
 * `openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 36500 -subj /CN=model.test -addext subjectAltName=DNS:model.test`.
 */
export const certificate = {
  key: `-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQg+1NDqnvBnPMiaggt
4/6ywxteotQ4E3/JVxiGvSU8e42hRANCAATousGD8hiQcZjUq0gHSoWVZkmRb1/K
WC/2ib3i10HB9TEwN8338G/kN7M303Xl6jl3T/Qk01iylnbI7ey7UoQ1
-----END PRIVATE KEY-----`,
  cert: `-----BEGIN CERTIFICATE-----
MIIBlzCCAT6gAwIBAgIUNTbCSY2AmzdR8rl2LQH20+TQP7YwCgYIKoZIzj0EAwIw
FTETMBEGA1UEAwwKbW9kZWwudGVzdDAgFw0yNjExMjkxMjMzNDBaGA8yMTI2MTEw
NTEyMzM0MFowFTETMBEGA1UEAwwKbW9kZWwudGVzdDBZMBMGByqGSM49AgEGCCqG
SM49AwEHA0IABOi6wYPyGJBxmNSrSAdKhZVmSZFvX8pYL/aJveLXQcH1MTA3zffw
b+Q3szfTdeXqOXdP9CTTWLKWdsjt7LtShDWjajBoMB0GA1UdDgQWBBTzDfqXRMWd
Zy1DpjmuWoQ4hsPGtzAfBgNVHSMEGDAWgBTzDfqXRMWdZy1DpjmuWoQ4hsPGtzAP
BgNVHRMBAf8EBTADAQH/MBUGA1UdEQQOMAyCCm1vZGVsLnRlc3QwCgYIKoZIzj0E
AwIDRwAwRAIgHzL42E/FUVa0G5plfFJEFZCfbveiGpOp8aEodOVE/g4CIDk1AA/m
Jz9O+TaiWfB5HX8IpRYvhtCDiMgbyKY1siFl
-----END CERTIFICATE-----`,
};
