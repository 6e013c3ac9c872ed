// TLS identities of tests: a root, an intermediate and what they signed for `mx.inspect.test`; published here, protecting nothing.
//
// Keys:         openssl ecparam -name prime256v1 -genkey -noout | openssl pkcs8 -topk8 -nocrypt
// Requests:     openssl req -new -key leaf.key -subj /CN=mx.inspect.test -out leaf.csr
// Certificates: openssl ca -batch -notext -config ca.cnf -cert root.crt -keyfile root.key -in leaf.csr -out leaf.crt \
//                 -startdate 20200101000000Z -enddate 21200101000000Z -extfile leaf.ext
// Extensions:   basicConstraints=critical,CA:FALSE / extendedKeyUsage=serverAuth / subjectAltName=DNS:mx.inspect.test;
//               for root and intermediate basicConstraints=critical,CA:TRUE / keyUsage=critical,keyCertSign,cRLSign,
//               roots with -selfsign instead of -cert. The dates are what the names below say.
import { createSecureContext, type SecureContext } from 'node:tls'

/** All server certificates share it, but the one with a key of its own kind. */
const KEY = `
-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgCG7+LpjyHzqlxmlo
bVx3rfmuFA3hl+Bwf68YXgUsN7uhRANCAAQfV7ZkZ3crU+rywuhWkaLa1nHc8hZe
v55AA2esk3ZPuupBFsObRsU/qa/LlV5tKU/AJ4BAGWvMozRy5d9nfDrM
-----END PRIVATE KEY-----
`

/** Signed `valid`, `expired`, `future`, `other` and the intermediate; trusted by nobody who was not told to. */
export const ROOT = `
-----BEGIN CERTIFICATE-----
MIIBajCCARGgAwIBAgIBEDAKBggqhkjOPQQDAjAcMRowGAYDVQQDDBFJbnNwZWN0
IFRlc3Qgcm9vdDAgFw0yMDAxMDEwMDAwMDBaGA8yMTIwMDEwMTAwMDAwMFowHDEa
MBgGA1UEAwwRSW5zcGVjdCBUZXN0IHJvb3QwWTATBgcqhkjOPQIBBggqhkjOPQMB
BwNCAATq+VRv/B1UyJ4ztfJkAKmiYefc76gko8uNMUmciue6jp0pBlS8n33NhLbH
1arb0D2oqs3xgBX3n3aLyeIk+9kDo0IwQDAPBgNVHRMBAf8EBTADAQH/MA4GA1Ud
DwEB/wQEAwIBBjAdBgNVHQ4EFgQUKIim4w0Ykw+18j2Gc20zC9bijDUwCgYIKoZI
zj0EAwIDRwAwRAIgVdX8oQ1J7YK7kisBarC0QyRVx4fAv6qhwN+LuMLWDGgCIDy6
zClOXTE0+FUSh3787zMUXAfPt7oGOD2Ri4vjI4IH
-----END CERTIFICATE-----
`

/** Signed `deep`. */
const INTERMEDIATE = `
-----BEGIN CERTIFICATE-----
MIIBlTCCATugAwIBAgICEAAwCgYIKoZIzj0EAwIwHDEaMBgGA1UEAwwRSW5zcGVj
dCBUZXN0IHJvb3QwIBcNMjAwMTAxMDAwMDAwWhgPMjEyMDAxMDEwMDAwMDBaMCQx
IjAgBgNVBAMMGUluc3BlY3QgVGVzdCBJbnRlcm1lZGlhdGUwWTATBgcqhkjOPQIB
BggqhkjOPQMBBwNCAAQu7LDy9xYXeJ0r+NYDW/Mvuc4SCxAtH41eZMErTgRebPNT
q1uD+tzwRJSW1YY8w7ogeeO6XF2iECp7jXBTnu6Qo2MwYTAPBgNVHRMBAf8EBTAD
AQH/MA4GA1UdDwEB/wQEAwIBBjAdBgNVHQ4EFgQUo5zH6NZRDDeX9wLUyDSpQxHq
C5QwHwYDVR0jBBgwFoAUKIim4w0Ykw+18j2Gc20zC9bijDUwCgYIKoZIzj0EAwID
SAAwRQIgMfqmsN/7fBwhk45Epnt25f6NmAutHgY20xjO9t8qwNECIQDPeS22B48X
mktwt0dqY5ug9N84GBgjGm8Gdocc8iiKcQ==
-----END CERTIFICATE-----
`

/** A root that signed nothing. */
const STRANGER = `
-----BEGIN CERTIFICATE-----
MIIBcjCCARmgAwIBAgIBEDAKBggqhkjOPQQDAjAgMR4wHAYDVQQDDBVJbnNwZWN0
IFRlc3Qgc3RyYW5nZXIwIBcNMjAwMTAxMDAwMDAwWhgPMjEyMDAxMDEwMDAwMDBa
MCAxHjAcBgNVBAMMFUluc3BlY3QgVGVzdCBzdHJhbmdlcjBZMBMGByqGSM49AgEG
CCqGSM49AwEHA0IABKCv/CfwFr7zQy0/bZfv0kfAiCjZuisaEMYrQ5cQl61dOpp2
BTW+gdtGLhfMTn19tGbA39fR0BSuvUzw/5aLz0KjQjBAMA8GA1UdEwEB/wQFMAMB
Af8wDgYDVR0PAQH/BAQDAgEGMB0GA1UdDgQWBBTDTJ/MI4Bxf1W7VAvFov6s3F/U
ojAKBggqhkjOPQQDAgNHADBEAiBbj7+RkOALcZrnLfQEsDOYogMAoZdQ9KTZrBmo
vMFaZAIgGgr/GQX0pWcmjtmjCOlg8AwoEWmNRPl0jjIced6Mqwg=
-----END CERTIFICATE-----
`

/** For mx.inspect.test and mta-sts.inspect.test, 2020 to 2120, by the root. */
const VALID = `
-----BEGIN CERTIFICATE-----
MIIBwTCCAWegAwIBAgICEAEwCgYIKoZIzj0EAwIwHDEaMBgGA1UEAwwRSW5zcGVj
dCBUZXN0IHJvb3QwIBcNMjAwMTAxMDAwMDAwWhgPMjEyMDAxMDEwMDAwMDBaMBox
GDAWBgNVBAMMD214Lmluc3BlY3QudGVzdDBZMBMGByqGSM49AgEGCCqGSM49AwEH
A0IABB9XtmRndytT6vLC6FaRotrWcdzyFl6/nkADZ6yTdk+66kEWw5tGxT+pr8uV
Xm0pT8AngEAZa8yjNHLl32d8OsyjgZgwgZUwDAYDVR0TAQH/BAIwADATBgNVHSUE
DDAKBggrBgEFBQcDATAwBgNVHREEKTAngg9teC5pbnNwZWN0LnRlc3SCFG10YS1z
dHMuaW5zcGVjdC50ZXN0MB0GA1UdDgQWBBTxb/5rLN5nV5qZIetwrj08GsZwTjAf
BgNVHSMEGDAWgBQoiKbjDRiTD7XyPYZzbTML1uKMNTAKBggqhkjOPQQDAgNIADBF
AiApFGWaBCOb8qeRtFWeqHt4VUAr043nauY31LpLG1b/zwIhAIaI5ccciR+2ThP6
5swCOcfQyiMTywH0MCYBqKn8ZL75
-----END CERTIFICATE-----
`

/** For *.inspect.test, 2020 to 2120, by the intermediate. */
const DEEP = `
-----BEGIN CERTIFICATE-----
MIIBsjCCAVegAwIBAgICEAUwCgYIKoZIzj0EAwIwJDEiMCAGA1UEAwwZSW5zcGVj
dCBUZXN0IEludGVybWVkaWF0ZTAgFw0yMDAxMDEwMDAwMDBaGA8yMTIwMDEwMTAw
MDAwMFowGjEYMBYGA1UEAwwPbXguaW5zcGVjdC50ZXN0MFkwEwYHKoZIzj0CAQYI
KoZIzj0DAQcDQgAEH1e2ZGd3K1Pq8sLoVpGi2tZx3PIWXr+eQANnrJN2T7rqQRbD
m0bFP6mvy5VebSlPwCeAQBlrzKM0cuXfZ3w6zKOBgDB+MAwGA1UdEwEB/wQCMAAw
EwYDVR0lBAwwCgYIKwYBBQUHAwEwGQYDVR0RBBIwEIIOKi5pbnNwZWN0LnRlc3Qw
HQYDVR0OBBYEFPFv/mss3mdXmpkh63CuPTwaxnBOMB8GA1UdIwQYMBaAFKOcx+jW
UQw3l/cC1Mg0qUMR6guUMAoGCCqGSM49BAMCA0kAMEYCIQDZl9wX3qk+GLbGnpXx
HV8WKyqFRvLgdSTgfYJL5QHNKwIhALH+ZYFwCokRoUc+PTGCUvKaMeH0U9MWya8V
MZ7cqgWA
-----END CERTIFICATE-----
`

/** For mx.inspect.test, during 2020. */
const EXPIRED = `
-----BEGIN CERTIFICATE-----
MIIBqDCCAU6gAwIBAgICEAIwCgYIKoZIzj0EAwIwHDEaMBgGA1UEAwwRSW5zcGVj
dCBUZXN0IHJvb3QwHhcNMjAwMTAxMDAwMDAwWhcNMjEwMTAxMDAwMDAwWjAaMRgw
FgYDVQQDDA9teC5pbnNwZWN0LnRlc3QwWTATBgcqhkjOPQIBBggqhkjOPQMBBwNC
AAQfV7ZkZ3crU+rywuhWkaLa1nHc8hZev55AA2esk3ZPuupBFsObRsU/qa/LlV5t
KU/AJ4BAGWvMozRy5d9nfDrMo4GBMH8wDAYDVR0TAQH/BAIwADATBgNVHSUEDDAK
BggrBgEFBQcDATAaBgNVHREEEzARgg9teC5pbnNwZWN0LnRlc3QwHQYDVR0OBBYE
FPFv/mss3mdXmpkh63CuPTwaxnBOMB8GA1UdIwQYMBaAFCiIpuMNGJMPtfI9hnNt
MwvW4ow1MAoGCCqGSM49BAMCA0gAMEUCIH6lxqlF11HibTOBvF7yzEd+ycOmq+w0
7XhLZneimpgWAiEAgfPCbMaF1S3RcZWy486I0hpKWAsmJOcx+8yD9NITPC4=
-----END CERTIFICATE-----
`

/** For mx.inspect.test, during 2119. */
const FUTURE = `
-----BEGIN CERTIFICATE-----
MIIBqzCCAVKgAwIBAgICEAMwCgYIKoZIzj0EAwIwHDEaMBgGA1UEAwwRSW5zcGVj
dCBUZXN0IHJvb3QwIhgPMjExOTAxMDEwMDAwMDBaGA8yMTIwMDEwMTAwMDAwMFow
GjEYMBYGA1UEAwwPbXguaW5zcGVjdC50ZXN0MFkwEwYHKoZIzj0CAQYIKoZIzj0D
AQcDQgAEH1e2ZGd3K1Pq8sLoVpGi2tZx3PIWXr+eQANnrJN2T7rqQRbDm0bFP6mv
y5VebSlPwCeAQBlrzKM0cuXfZ3w6zKOBgTB/MAwGA1UdEwEB/wQCMAAwEwYDVR0l
BAwwCgYIKwYBBQUHAwEwGgYDVR0RBBMwEYIPbXguaW5zcGVjdC50ZXN0MB0GA1Ud
DgQWBBTxb/5rLN5nV5qZIetwrj08GsZwTjAfBgNVHSMEGDAWgBQoiKbjDRiTD7Xy
PYZzbTML1uKMNTAKBggqhkjOPQQDAgNHADBEAiBSzb7NkUfrqf90HZe5YSO0/aK8
7c41zu0scj1PfsRX8AIgT73JQ6cVMavwYZyiVOUYQ7qDU8kqWrkIQ9hiDgxfksQ=
-----END CERTIFICATE-----
`

/** For elsewhere.test and *.elsewhere.test; its common name is mx.inspect.test all the same. */
const OTHER = `
-----BEGIN CERTIFICATE-----
MIIBvDCCAWKgAwIBAgICEAQwCgYIKoZIzj0EAwIwHDEaMBgGA1UEAwwRSW5zcGVj
dCBUZXN0IHJvb3QwIBcNMjAwMTAxMDAwMDAwWhgPMjEyMDAxMDEwMDAwMDBaMBox
GDAWBgNVBAMMD214Lmluc3BlY3QudGVzdDBZMBMGByqGSM49AgEGCCqGSM49AwEH
A0IABB9XtmRndytT6vLC6FaRotrWcdzyFl6/nkADZ6yTdk+66kEWw5tGxT+pr8uV
Xm0pT8AngEAZa8yjNHLl32d8OsyjgZMwgZAwDAYDVR0TAQH/BAIwADATBgNVHSUE
DDAKBggrBgEFBQcDATArBgNVHREEJDAigg5lbHNld2hlcmUudGVzdIIQKi5lbHNl
d2hlcmUudGVzdDAdBgNVHQ4EFgQU8W/+ayzeZ1eamSHrcK49PBrGcE4wHwYDVR0j
BBgwFoAUKIim4w0Ykw+18j2Gc20zC9bijDUwCgYIKoZIzj0EAwIDSAAwRQIhANI5
MzdhVPem5aT1tBy/xaFOcuHWOnvuuD30z8tcsfsRAiBGHUy927u8ODHfh/svDyBg
+kYmssK43vHPbXPvIgv2EA==
-----END CERTIFICATE-----
`

/** For mx.inspect.test, signed by itself. */
const SELF_SIGNED = `
-----BEGIN CERTIFICATE-----
MIIBhzCCASygAwIBAgICEAYwCgYIKoZIzj0EAwIwGjEYMBYGA1UEAwwPbXguaW5z
cGVjdC50ZXN0MCAXDTIwMDEwMTAwMDAwMFoYDzIxMjAwMTAxMDAwMDAwWjAaMRgw
FgYDVQQDDA9teC5pbnNwZWN0LnRlc3QwWTATBgcqhkjOPQIBBggqhkjOPQMBBwNC
AAQfV7ZkZ3crU+rywuhWkaLa1nHc8hZev55AA2esk3ZPuupBFsObRsU/qa/LlV5t
KU/AJ4BAGWvMozRy5d9nfDrMo2AwXjAMBgNVHRMBAf8EAjAAMBMGA1UdJQQMMAoG
CCsGAQUFBwMBMBoGA1UdEQQTMBGCD214Lmluc3BlY3QudGVzdDAdBgNVHQ4EFgQU
8W/+ayzeZ1eamSHrcK49PBrGcE4wCgYIKoZIzj0EAwIDSQAwRgIhAJJ8yMyMswHK
dVWKrmDqcVknwb2X1ldrBwIfCdOw2nlmAiEA2UTt9+nIHhg8J0KV1SOkIB6SKwEz
F87vDlWIFRrcw9g=
-----END CERTIFICATE-----
`

/** What a server may present, by what is the matter with it: its own certificate and those that it sends along. */
export const IDENTITIES = {
  valid: [VALID],
  deep: [DEEP, INTERMEDIATE],
  missing_intermediate: [DEEP],
  stranger_between: [DEEP, STRANGER, INTERMEDIATE],
  with_root: [DEEP, INTERMEDIATE, ROOT],
  expired: [EXPIRED],
  future: [FUTURE],
  other: [OTHER],
  self_signed: [SELF_SIGNED],
} as const
export type Identity = keyof typeof IDENTITIES

export function contextOf(identity: Identity, maxVersion: 'TLSv1' | 'TLSv1.2' | 'TLSv1.3' = 'TLSv1.3'): SecureContext {
  return createSecureContext({
    key: KEY,
    cert: IDENTITIES[identity].join(''),
    minVersion: 'TLSv1',
    maxVersion,
    ...(maxVersion === 'TLSv1' && { ciphers: 'DEFAULT@SECLEVEL=0' }),
  })
}

/** For mx.inspect.test, by the root, with a key of 2048 bits (`openssl genpkey -algorithm RSA`). */
export const RSA = {
  key: `
-----BEGIN PRIVATE KEY-----
MIIEvgIBADANBgkqhkiG9w0BAQEFAASCBKgwggSkAgEAAoIBAQDQ8NNQhjd11VBD
jcj1cDtnXrEKodEcWYfH1ncMS1NnJMTkHIHheUOQZaoO0PqyOvdtJ42dM5JbRr6C
FHIYHfMr++WK9qIaZ/GFo5KnnlpSN0m9Gb10roXWsVCeHoM8M0VL29yVtPkaaA0l
uvg0S7Ub+sRIH1aO3F6XpO5O6hHHAN3fEokmvuboSYcI3HJ4uXQGXqrsZgQclhie
yYlTC+IGVBz1s8bcvV0t/3RmWj22zEaX5nw6KZDXvDPgR7MfIYjB23pLN25uj5Pw
cJBv9EVLp5uhybuUci9QZNlsbTjfZfGuHtcdFMJUNXVvDhV5Mij7QyGaDO8Nt60g
PllU9ighAgMBAAECggEAHAXctZ1WtWNXeUP8KqzzjqzkzlH/J4/7dco2G8xDgp8s
GBMZuVmn/ecgvI17PinJ8xYduHKJA9x0YyJmXgUwTtshQXbMLYH44u1aF0iWARZg
ua/I2OwqT63m69oYTFvtBJxXlK2ZxlijwMZ3kR4BS6AhsLGhTJZSSoDopGVg3oFp
cLcSNNtJ8EHSg0OfdZqC1vjp4vxEKm3nmqRzDwAS5/vylnZ4tcETfYjI+GhpGqrE
MA3UvD5rjpg+MWPA9FaRSWvqIcqCkzntSdalW37+iSWi7XCu7Je8aOjCBqTnSBEz
n7qleSb24iEu/yaEgvuBf8PnVFPSJatoChHxmYRO9QKBgQDtw50guVVDaC7SrDnM
GOZsznp1biqMU1aucvljXbTgyojSHtX+zaBDAe/meVzy1d0WFriXUa/f+BlRCRK5
uiNoddgVp+KZz8cvXwg3gtXgjZlAHBnKVw9/c79B0ZaR/JxbLJtkNiLIGDjB4Lr+
dUs9VvjmQkv4UOjIEtnfVYfOZQKBgQDg90co87FdUqICuhuIhaTPCXlAiqgoSp5A
YgcDe7mq/Gh91Q00zBxnRQUey1ivlTES9nMqm+MXmoz7riZWEwcI416AVkcJW8Jb
NhEXSDJHD2HVmp/zEQ2Gn8r7rF+qIHtLd8GNOOeBjYcE0a6/kWPUhBpCrO6ndcON
Q3Lb+ZCpDQKBgQC6h8eCv8ODgX2Sa+lgFHzaCdcKv6YDtvH/JFZAvWhFHr/eULDE
GN/NEfz6jGX+YQf051hj5oMbK9H4wCx/pudWcXVX8AEXeGmk4WJZ4nwWkiATqrgV
BN40uELoyRveZhbodINoSAxbfJ0yhTNOpAimE9BrHMHrCtbE9/0TeE91/QKBgHVh
MJTyiiHKYtQPbRxPtw17wPNnJZRYUrf/Le+oV9kaeB7n0ksxEMTlY2WM7ko3CvL8
+lxKGDSRpGwRktkodmwxznYiDlCYuxFCZaqDNhCTuxVr53c495i9uXiVmRi4d/yJ
kMjx3wFe6gseqRI1dyREhTsy5hckQBNuFPkn/03lAoGBAK9/d5OeaazGSSJY0Eme
EAT8xsnLo+PBy4+mhFqlZMIePFqXQbqUgMwROU+EORnONaACJwZUhzXDxurTMxTO
CM8gkE5UI+k7XVRKKYeg9We4FxENwtaPHVYRboI+/U8EP2n6ShZQmkkLEz3Ucp6/
687rhSXBWSXkCY/bInY8SXfk
-----END PRIVATE KEY-----
`,
  cert: `
-----BEGIN CERTIFICATE-----
MIICdTCCAhugAwIBAgICEAcwCgYIKoZIzj0EAwIwHDEaMBgGA1UEAwwRSW5zcGVj
dCBUZXN0IHJvb3QwIBcNMjAwMTAxMDAwMDAwWhgPMjEyMDAxMDEwMDAwMDBaMBox
GDAWBgNVBAMMD214Lmluc3BlY3QudGVzdDCCASIwDQYJKoZIhvcNAQEBBQADggEP
ADCCAQoCggEBANDw01CGN3XVUEONyPVwO2desQqh0RxZh8fWdwxLU2ckxOQcgeF5
Q5Blqg7Q+rI6920njZ0zkltGvoIUchgd8yv75Yr2ohpn8YWjkqeeWlI3Sb0ZvXSu
hdaxUJ4egzwzRUvb3JW0+RpoDSW6+DRLtRv6xEgfVo7cXpek7k7qEccA3d8SiSa+
5uhJhwjccni5dAZequxmBByWGJ7JiVML4gZUHPWzxty9XS3/dGZaPbbMRpfmfDop
kNe8M+BHsx8hiMHbeks3bm6Pk/BwkG/0RUunm6HJu5RyL1Bk2WxtON9l8a4e1x0U
wlQ1dW8OFXkyKPtDIZoM7w23rSA+WVT2KCECAwEAAaOBgTB/MAwGA1UdEwEB/wQC
MAAwEwYDVR0lBAwwCgYIKwYBBQUHAwEwGgYDVR0RBBMwEYIPbXguaW5zcGVjdC50
ZXN0MB0GA1UdDgQWBBSw4sd79oj/AdbPqPW0HRbbW+H+sDAfBgNVHSMEGDAWgBQo
iKbjDRiTD7XyPYZzbTML1uKMNTAKBggqhkjOPQQDAgNIADBFAiEAgILigvO7Dejw
BTa4U83Q0zyrHycqUv5V2lcYrPC8Y6kCIG/V6SSXOGak6cPZnpQmP98Njf06huJ4
MeqajKXDj1nD
-----END CERTIFICATE-----
`,
} as const
