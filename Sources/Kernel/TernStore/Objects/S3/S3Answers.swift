import NIOHTTP1
import TernKernel

/// `ListObjectsV2`.
struct S3Listing: Equatable {
    struct Entry: Equatable {
        var key: String
        var size: Int64
        var modified: Timestamp
        var tag: String
    }

    var entries: [Entry] = []
    /// With the slash at their end.
    var prefixes: [String] = []
    var next: String?

    init(parsing bytes: some Sequence<UInt8>) throws {
        let root = try XMLElement(parsing: bytes)
        guard root.name == "ListBucketResult" else { throw TernError.invalid("not a listing but <\(root.name)>") }
        for item in root.all("Contents") {
            guard let key = item["Key"], let size = item["Size"].flatMap({ Int64($0) }), size >= 0 else {
                throw TernError.invalid("a listing has an entry without key or size")
            }
            let modified = item["LastModified"].flatMap { Timestamp($0) } ?? Timestamp(milliseconds: 0)
            entries.append(Entry(key: key, size: size, modified: modified, tag: S3Listing.bare(item["ETag"] ?? "")))
        }
        prefixes = root.all("CommonPrefixes").compactMap { $0["Prefix"] }
        if root["IsTruncated"] == "true" {
            guard let token = root["NextContinuationToken"], !token.isEmpty else { throw TernError.invalid("a listing breaks off without a token") }
            next = token
        }
    }

    static func bare(_ tag: String) -> String { tag.filter { $0 != "\"" } }
}

/// `ListMultipartUploads`.
struct S3Uploads: Equatable {
    struct Upload: Equatable {
        var key: String
        var id: String
        var initiated: Timestamp
    }

    var uploads: [Upload] = []
    var next: (key: String, id: String)?

    init(parsing bytes: some Sequence<UInt8>) throws {
        let root = try XMLElement(parsing: bytes)
        guard root.name == "ListMultipartUploadsResult" else { throw TernError.invalid("not a list of uploads but <\(root.name)>") }
        uploads = root.all("Upload").compactMap { item in
            guard let key = item["Key"], let id = item["UploadId"], let time = item["Initiated"].flatMap({ Timestamp($0) }) else { return nil }
            return Upload(key: key, id: id, initiated: time)
        }
        if root["IsTruncated"] == "true", let key = root["NextKeyMarker"], !key.isEmpty { next = (key, root["NextUploadIdMarker"] ?? "") }
    }

    static func == (left: S3Uploads, right: S3Uploads) -> Bool {
        left.uploads == right.uploads && left.next?.key == right.next?.key && left.next?.id == right.next?.id
    }
}

/// What is sent as XML.
enum S3Documents {
    static func complete(_ parts: [ObjectPart]) -> String {
        let items = parts.map { "<Part><PartNumber>\($0.number)</PartNumber><ETag>&quot;\(escape($0.tag))&quot;</ETag></Part>" }
        return "<CompleteMultipartUpload xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">\(items.joined())</CompleteMultipartUpload>"
    }

    static func delete(_ keys: [String]) -> String {
        let items = keys.map { "<Object><Key>\(escape($0))</Key></Object>" }
        return "<Delete xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><Quiet>true</Quiet>\(items.joined())</Delete>"
    }

    static func escape(_ text: String) -> String {
        var out = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "&": out += "&amp;"
            case "<": out += "&lt;"
            case ">": out += "&gt;"
            case "\"": out += "&quot;"
            case _ where scalar.value < 32: out += "&#\(scalar.value);"
            default: out.unicodeScalars.append(scalar)
            }
        }
        return out
    }
}

/// `Fri, 24 May 2013 00:00:00 GMT`, as in `Last-Modified` (RFC 9110, section 5.6.7).
enum HTTPDate {
    private static let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]

    static func parse(_ text: String) -> Timestamp? {
        let words = text.split(separator: " ")
        guard words.count == 6, words[5] == "GMT", let day = Int(words[1]), (1...31).contains(day),
            let month = months.firstIndex(of: String(words[2])), let year = Int(words[3]), (1970...9999).contains(year)
        else { return nil }
        func two(_ value: Int) -> String { value < 10 ? "0\(value)" : String(value) }
        return Timestamp("\(year)-\(two(month + 1))-\(two(day))T\(words[4])Z")
    }
}
