import CAssets
import HTTPTypes
import Hummingbird
import NIOCore
import TernKernel
import TernWeb

/// The files that the binary carries.
enum Assets {
    struct File: Sendable {
        var bytes: ByteBuffer
        var type: String
        var tag: String
    }

    static let files: [String: File] = {
        let all = UnsafeBufferPointer(start: tern_assets, count: tern_asset_count)
        let named = all.map { asset in
            let name = String(cString: asset.name)
            let bytes = ByteBuffer(bytes: UnsafeBufferPointer(start: asset.bytes, count: asset.length))
            let type = name.hasSuffix(".css") ? "text/css; charset=utf-8" : "text/javascript; charset=utf-8"
            return (name, File(bytes: bytes, type: type, tag: Digest(of: Array(bytes.readableBytesView)).short))
        }
        return Dictionary(named, uniquingKeysWith: { first, _ in first })
    }()

    /// Changes with the content, so that browsers may keep it for good.
    static func address(_ name: String) -> String { "/assets/\(name)?v=\(files[name]?.tag ?? "0")" }
}

/// `/assets/NAME`.
struct AssetRoutes: Sendable {
    func mount(on router: TernRouter) {
        router.get("assets/:name") { request, context in
            let name = try context.path("name")
            guard let file = Assets.files[name] else { throw TernError.notFound("there is no asset '\(name)'") }
            let tag = "\"\(file.tag)\""
            var headers: HTTPFields = [
                .contentType: file.type, .eTag: tag,
                .cacheControl: request.query("v") == file.tag ? "public, max-age=31536000, immutable" : "no-cache",
            ]
            headers[.xContentTypeOptions] = "nosniff"
            let known = request.headers[.ifNoneMatch]?.split(separator: ",").map { $0.drop { " W/".contains($0) }.filter { $0 != " " } } ?? []
            if known.contains(tag) || known == ["*"] { return Response(status: .notModified, headers: headers) }
            return Response(status: .ok, headers: headers, body: ResponseBody(byteBuffer: file.bytes))
        }
    }
}
