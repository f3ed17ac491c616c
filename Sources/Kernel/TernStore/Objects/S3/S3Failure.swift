import AsyncHTTPClient
import TernKernel

/// What went wrong between this server and an S3 server, and whether trying again can help.
struct S3Failure: Error {
    enum Kind: Equatable {
        /// The server answered; its status, and the code in its answer.
        case answered(status: Int, code: String)
        /// No answer: no connection, or one that broke off.
        case silent
        /// The bytes that arrived there are not those that were sent.
        case corrupted
    }

    var kind: Kind
    var message: String
    var retryAfter: Period?

    static let corrupted = S3Failure(kind: .corrupted, message: "the bytes that arrived are not those that were sent")

    /// An error of the client's, of the connection, or ours; nil for what is no failure of S3, such as a cancellation.
    init?(_ error: any Error) {
        if let known = error as? S3Failure {
            self = known
        } else if error is TernError || error is CancellationError || error as? HTTPClientError == .cancelled {
            return nil
        } else {
            // Of the client, the connection, the name look-up, TLS: types that are not all ours to name.
            self.init(kind: .silent, message: S3Failure.words(error))
        }
    }

    init(kind: Kind, message: String, retryAfter: Period? = nil) {
        self.kind = kind
        self.message = message
        self.retryAfter = retryAfter
    }

    private static func words(_ error: any Error) -> String {
        switch error as? HTTPClientError {
        case .some(.connectTimeout): return "the connection was not made in time"
        case .some(.readTimeout), .some(.writeTimeout), .some(.deadlineExceeded): return "no answer in time"
        case .some(.remoteConnectionClosed): return "the connection was cut"
        default: return String(describing: error)
        }
    }

    private static let transient: Set<String> = [
        "RequestTimeout", "RequestTimeoutException", "SlowDown", "Throttling", "ThrottlingException", "InternalError", "ServiceUnavailable",
        "TooManyRequestsException", "RequestThrottled", "OperationAborted", "BadDigest", "XAmzContentSHA256Mismatch", "PriorRequestNotComplete",
    ]

    var mayPass: Bool {
        switch kind {
        case .silent, .corrupted: true
        case .answered(let status, let code): [429, 500, 502, 503, 504].contains(status) || S3Failure.transient.contains(code)
        }
    }

    /// Whether the credentials may have been changed meanwhile.
    var isExpired: Bool {
        guard case .answered(_, let code) = kind else { return false }
        return ["ExpiredToken", "ExpiredTokenException", "RequestExpired", "TokenRefreshRequired"].contains(code)
    }

    var isMissing: Bool {
        guard case .answered(let status, let code) = kind else { return false }
        return status == 404 && code != "NoSuchBucket" && code != "NoSuchUpload"
    }

    func isAnswer(_ code: String) -> Bool {
        guard case .answered(_, let found) = kind else { return false }
        return code == found
    }

    /// In our words, with what to do.
    func error(_ what: String, at configuration: S3Configuration) -> TernError {
        let place = "\(configuration.location) at \(configuration.scheme)://\(configuration.host)"
        switch kind {
        case .silent:
            return TernError(
                .unavailable, "no answer from \(place) (\(what)): \(message)",
                hint: "is the S3 server up, and AWS_ENDPOINT_URL_S3 its address?", cause: self)
        case .corrupted:
            return TernError(
                .dataLoss, "\(place) did not keep what was sent (\(what)): \(message)", hint: "nothing was stored; send it again", cause: self)
        case .answered(let status, let code):
            let said = "\(place) refused (\(what)): \(status) \(code)\(message.isEmpty ? "" : ": \(message)")"
            switch code {
            case "NoSuchBucket":
                return TernError(
                    .unavailable, said, hint: "make the bucket '\(configuration.bucket)', or name another: TERN_BLOBS=s3://bucket/prefix")
            case "InvalidAccessKeyId", "SignatureDoesNotMatch", "InvalidToken", "ExpiredToken", "AuthorizationHeaderMalformed":
                return TernError(
                    .notAllowed, said,
                    hint: "these are the server's own credentials: look at AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_PROFILE and AWS_REGION")
            case "RequestTimeTooSkewed": return TernError(.notAllowed, said, hint: "set this machine's clock")
            case "PermanentRedirect", "TemporaryRedirect":
                return TernError(.notAllowed, said, hint: "the bucket lies in another region: set AWS_REGION")
            default: break
            }
            switch status {
            case 301, 307: return TernError(.notAllowed, said, hint: "the bucket lies in another region: set AWS_REGION")
            case 401, 403:
                return TernError(
                    .notAllowed, said,
                    hint: "the server's own credentials need s3:GetObject, PutObject, DeleteObject, ListBucket and AbortMultipartUpload there")
            case 404: return TernError.notFound(said)
            case 400: return TernError(.invalidArgument, said, cause: self)
            default: return TernError(.unavailable, said, hint: "it was tried \(configuration.retry.attempts) times", cause: self)
            }
        }
    }
}
