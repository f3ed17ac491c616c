import Foundation
import TernKernel
import TernTestSupport
import Testing

@testable import TernStore

@Suite struct ObjectsSettingsTests {
    private func settings(_ environment: [String: String], home: String = "/none") -> AWSSettings {
        AWSSettings(environment: environment, home: home)
    }

    private func withFiles(credentials: String = "", config: String = "", _ body: (String) throws -> Void) async throws {
        try await withTemporaryFolder { home in
            try FileManager.default.createDirectory(atPath: home + "/.aws", withIntermediateDirectories: true)
            try Data(credentials.utf8).write(to: URL(fileURLWithPath: home + "/.aws/credentials"))
            try Data(config.utf8).write(to: URL(fileURLWithPath: home + "/.aws/config"))
            try body(home)
        }
    }

    @Test func `variables come before files, and the profile chooses the section`() async throws {
        try await withFiles(
            credentials: """
                # keys
                [default]
                aws_access_key_id = file
                aws_secret_access_key = s1
                [team a]
                aws_access_key_id=team
                aws_secret_access_key = a=b/c+
                aws_session_token = t
                """,
            config: """
                [default]
                region = eu-west-1
                s3 =
                    addressing_style = path
                    region = not this
                [profile  team a]
                region = eu-north-1
                endpoint_url = http://minio:9000
                [profile inline]
                aws_access_key_id = inline
                aws_secret_access_key = s3
                """
        ) { (home: String) throws in
            let file = settings([:], home: home)
            #expect(try file.credentials() == S3Credentials(accessKey: "file", secretKey: "s1"))
            #expect(file.region == "eu-west-1")
            #expect(file.endpoint == nil)
            let team = settings(["AWS_PROFILE": "team a"], home: home)
            #expect(try team.credentials() == S3Credentials(accessKey: "team", secretKey: "a=b/c+", sessionToken: "t"))
            #expect(team.region == "eu-north-1")
            #expect(team.endpoint == "http://minio:9000")
            #expect(try settings(["AWS_PROFILE": "inline"], home: home).credentials().accessKey == "inline")
            let variables = settings(
                ["AWS_ACCESS_KEY_ID": "env", "AWS_SECRET_ACCESS_KEY": "s", "AWS_SESSION_TOKEN": "", "AWS_DEFAULT_REGION": "x", "AWS_REGION": "y"],
                home: home)
            #expect(try variables.credentials() == S3Credentials(accessKey: "env", secretKey: "s"))
            #expect(variables.region == "y")
            let nobody = #expect(throws: TernError.self) { try settings(["AWS_PROFILE": "nobody"], home: home).credentials() }
            #expect(nobody?.message.contains("'nobody'") == true)
        }
    }

    @Test func `the most particular endpoint wins`() throws {
        #expect(settings(["AWS_ENDPOINT_URL": "b", "AWS_ENDPOINT_URL_S3": "a", "MLFLOW_S3_ENDPOINT_URL": "c"]).endpoint == "a")
        #expect(settings(["AWS_ENDPOINT_URL": "b", "MLFLOW_S3_ENDPOINT_URL": "c"]).endpoint == "b")
        #expect(settings(["MLFLOW_S3_ENDPOINT_URL": "c"]).endpoint == "c")
        #expect(settings([:]).endpoint == nil)
    }

    @Test func `Amazon's buckets are hosts, other servers' are paths`() throws {
        let amazon = try S3Configuration(location: "s3://bucket/a//b/", settings: settings(["AWS_REGION": "eu-west-1"]))
        #expect(amazon.host == "bucket.s3.eu-west-1.amazonaws.com" && amazon.path("a b") == "/a%20b" && amazon.scheme == "https")
        #expect(amazon.prefix == "a/b" && amazon.location == "s3://bucket/a/b" && amazon.below("blobs").prefix == "a/b/blobs")
        let dotted = try S3Configuration(location: "s3://my.bucket", settings: settings([:]))
        #expect(dotted.host == "s3.us-east-1.amazonaws.com" && dotted.path(nil) == "/my.bucket")
        let own = try S3Configuration(location: "s3://bucket", settings: settings(["AWS_ENDPOINT_URL_S3": "http://127.0.0.1:9000/store/"]))
        #expect(own.host == "127.0.0.1:9000" && own.path("k") == "/store/bucket/k" && own.scheme == "http")
        let six = try S3Configuration(location: "s3://bucket", settings: settings(["AWS_ENDPOINT_URL_S3": "http://[::1]:9000"]))
        #expect(six.host == "[::1]:9000")
    }

    @Test(arguments: ["", "bucket", "/folder", "gs://bucket", "s3://", "s3://a", "s3://bad name/x", "s3://bucket/../x", "file:///x"])
    func `what is no bucket is refused`(location: String) {
        let error = #expect(throws: TernError.self) { try S3Configuration(location: location, settings: settings([:])) }
        #expect(error?.code == .invalidArgument)
    }

    @Test(arguments: ["minio:9000", "ftp://x", "http://", "http://x/?a=b", "::"])
    func `what is no endpoint is refused`(endpoint: String) {
        let error = #expect(throws: TernError.self) {
            try S3Configuration(location: "s3://bucket", settings: settings(["AWS_ENDPOINT_URL": endpoint]))
        }
        #expect(error?.code == .invalidArgument)
    }

    @Test func `waits double, are random, and end`() {
        let policy = RetryPolicy()
        #expect((1...4).map { policy.wait(after: $0, random: 1)?.milliseconds } == [200, 400, 800, 1600])
        #expect(policy.wait(after: 3, random: 0.5)?.milliseconds == 400)
        #expect(policy.wait(after: 5, random: 1) == nil)
        #expect(policy.wait(after: 1, asked: .seconds(3), random: 0) == .seconds(3))
        #expect(policy.wait(after: 1, asked: .hours(3), random: 0) == policy.longest)
        var patient = policy
        patient.attempts = 100
        #expect(patient.wait(after: 60, random: 1) == policy.longest)
    }

    @Test(arguments: [
        ("SlowDown", 503, true), ("", 500, true), ("RequestTimeout", 400, true), ("BadDigest", 400, true), ("AccessDenied", 403, false),
        ("NoSuchKey", 404, false), ("InvalidPart", 400, false), ("", 429, true),
    ])
    func `only what may pass is tried again`(code: String, status: Int, again: Bool) {
        #expect(S3Failure(kind: .answered(status: status, code: code), message: "").mayPass == again)
    }

    @Test func `sizes and switches of the cache are read, and refused when they are none`() throws {
        #expect(try StoragePlace.cacheLimit(nil) == 10_000_000_000)
        #expect(try StoragePlace.cacheLimit("500MB") == 500_000_000)
        #expect(try StoragePlace.cacheLimit("2gb") == 2_000_000_000)
        #expect(try StoragePlace.cacheLimit("17") == 17)
        for bad in ["x", "-1", "1XB", "99999999999TB"] { #expect(throws: TernError.self) { try StoragePlace.cacheLimit(bad) } }
        #expect(try StoragePlace.flag("OFF", called: "X") == false)
        #expect(try StoragePlace.flag(nil, called: "X"))
        #expect(throws: TernError.self) { try StoragePlace.flag("perhaps", called: "X") }
    }
}
