import Foundation
import TernKernel
import Testing

@testable import TernStore

/// The values of the S3 User Guide ("Signature Calculations for the Authorization Header", "Authenticating Requests: Using Query Parameters").
@Suite struct ObjectsSignatureTests {
    private let amazon = SignatureV4(
        credentials: S3Credentials(accessKey: "AKIAIOSFODNN7EXAMPLE", secretKey: "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"), region: "us-east-1")
    private let host = "examplebucket.s3.amazonaws.com"
    private let time = Timestamp("2013-05-24T00:00:00Z") ?? Timestamp(milliseconds: 0)

    private func signature(_ request: SignatureV4.Request, body: String = SignatureV4.emptyBody) -> String {
        let proof = amazon.sign(request, bodyHash: body, at: time).first { $0.name == "authorization" }?.value ?? ""
        return proof.split(separator: "=").last.map(String.init) ?? ""
    }

    @Test func `the published examples have their published signatures`() {
        #expect(
            signature(.init(method: "GET", host: host, path: "/test.txt", headers: [("Range", "bytes=0-9")]))
                == "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41")
        let put = SignatureV4.Request(
            method: "PUT", host: host, path: SignatureV4.path("/test$file.text"),
            headers: [("Date", "Fri, 24 May 2013 00:00:00 GMT"), ("x-amz-storage-class", "REDUCED_REDUNDANCY")])
        #expect(
            signature(put, body: Digest(of: "Welcome to Amazon S3.").hex) == "98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd")
        #expect(
            signature(.init(method: "GET", host: host, path: "/", query: [("lifecycle", "")]))
                == "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543")
        #expect(
            signature(.init(method: "GET", host: host, path: "/", query: [("max-keys", "2"), ("prefix", "J")]))
                == "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7")
    }

    @Test func `the published link has its published signature`() {
        let query = amazon.presign(.init(method: "GET", host: host, path: "/test.txt"), expires: 86_400, at: time)
        #expect(query.hasSuffix("&X-Amz-Signature=aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404"))
        #expect(query.hasPrefix("X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKIAIOSFODNN7EXAMPLE%2F20130524%2Fus-east-1%2Fs3%2Faws4_request&"))
    }

    private struct Case: Decodable {
        var method: String
        var host: String
        var key: String
        var query: [[String]]
        var headers: [String: String]
        var token: Bool
        var bodyHash: String
        var authorization: String
        var presigned: String
    }

    private struct Cases: Decodable { var cases: [Case] }

    /// Spaces, pluses, other scripts, empty values, tokens: as botocore signs them (`Fixtures/signatures.json` says how they were made).
    @Test func `strange keys and queries are signed as botocore signs them`() throws {
        let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("Fixtures/signatures.json")
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        let cases = try decoder.decode(Cases.self, from: Data(contentsOf: file)).cases
        let time = try #require(Timestamp("2026-11-21T08:52:44Z"))
        #expect(cases.count == 12)
        for item in cases {
            let credentials =
                item.token
                ? S3Credentials(accessKey: "ASIAEXAMPLE", secretKey: "secret/+=", sessionToken: "FwoGZXIvYXdzE//+token==") : amazon.credentials
            let signer = SignatureV4(credentials: credentials, region: "eu-central-1")
            let query = item.query.map { (name: $0[0], value: $0[1]) }
            let path = "/" + SignatureV4.path(item.key)
            let request = SignatureV4.Request(
                method: item.method, host: item.host, path: path, query: query, headers: item.headers.map { ($0.key, $0.value) })
            let headers = signer.sign(request, bodyHash: item.bodyHash, at: time)
            let proof = headers.first { $0.name == "authorization" }?.value.replacingOccurrences(of: ",", with: ", ")
            #expect(proof == item.authorization, "\(item.method) \(item.key)")
            let link = signer.presign(.init(method: item.method, host: item.host, path: path, query: query), expires: 900, at: time)
            let wanted = try #require(item.presigned.components(separatedBy: "X-Amz-Signature=").last)
            #expect(link.hasSuffix("&X-Amz-Signature=" + wanted), "\(item.method) \(item.key)")
            #expect(item.presigned.hasPrefix("https://\(item.host)\(path)?"))
        }
    }

    @Test func `a query is sorted by its encoded names, with an equals sign behind each`() {
        #expect(SignatureV4.query([("uploads", "")]) == "uploads=")
        #expect(SignatureV4.query([("b", "2"), ("a", "x y+é"), ("A", "~")]) == "A=~&a=x%20y%2B%C3%A9&b=2")
        #expect(SignatureV4.path("a b/c+d/é~%") == "a%20b/c%2Bd/%C3%A9~%25")
    }
}
