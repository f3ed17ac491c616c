// swift-tools-version: 6.2

import Foundation
import PackageDescription

// One folder is one target is one duty. Every arrow between rooms stands here, and the build refuses any other
// (`--explicit-target-dependency-import-check error`, set in the Makefile and the scripts).

let strict: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("InferIsolatedConformances"),
    .treatAllWarnings(as: .error),
    .treatWarning("DeprecatedDeclaration", as: .warning),
]

enum Library {
    static let argumentParser: Target.Dependency = .product(name: "ArgumentParser", package: "swift-argument-parser")
    static let asyncHTTPClient: Target.Dependency = .product(name: "AsyncHTTPClient", package: "async-http-client")
    static let crypto: Target.Dependency = .product(name: "Crypto", package: "swift-crypto")
    static let grdb: Target.Dependency = .product(name: "GRDB", package: "GRDB.swift")
    static let sqlite: Target.Dependency = .product(name: "GRDBSQLite", package: "GRDB.swift")
    static let httpTypes: Target.Dependency = .product(name: "HTTPTypes", package: "swift-http-types")
    static let hummingbird: Target.Dependency = .product(name: "Hummingbird", package: "hummingbird")
    static let logging: Target.Dependency = .product(name: "Logging", package: "swift-log")
    static let mustache: Target.Dependency = .product(name: "Mustache", package: "swift-mustache")
    static let nioCore: Target.Dependency = .product(name: "NIOCore", package: "swift-nio")
    static let nioHTTP1: Target.Dependency = .product(name: "NIOHTTP1", package: "swift-nio")
    static let nioFoundation: Target.Dependency = .product(name: "NIOFoundationCompat", package: "swift-nio")
    static let serviceLifecycle: Target.Dependency = .product(name: "ServiceLifecycle", package: "swift-service-lifecycle")
    static let subprocess: Target.Dependency = .product(name: "Subprocess", package: "swift-subprocess")
    static let system: Target.Dependency = .product(name: "SystemPackage", package: "swift-system")
    static let unixSignals: Target.Dependency = .product(name: "UnixSignals", package: "swift-service-lifecycle")
    static let yams: Target.Dependency = .product(name: "Yams", package: "Yams")
}

/// A room and its tests: `Sources/<area>/<name>` and `Tests/<name>Tests`.
func room(_ name: String, in area: String, uses dependencies: [Target.Dependency]) -> [Target] {
    [
        .target(name: name, dependencies: dependencies, path: "Sources/\(area)/\(name)", exclude: readme(area, name), swiftSettings: strict),
        .testTarget(
            name: "\(name)Tests", dependencies: dependencies + [.target(name: name), "TernTestSupport"],
            path: "Tests/\(name)Tests", exclude: fixtures("\(name)Tests"), swiftSettings: strict),
    ]
}

/// Files that SwiftPM must not try to build, where they exist.
func readme(_ area: String, _ name: String) -> [String] { present(["README.md"], under: "Sources/\(area)/\(name)") }
func fixtures(_ tests: String) -> [String] { present(["Fixtures"], under: "Tests/\(tests)") }

func present(_ names: [String], under folder: String) -> [String] {
    names.filter { FileManager.default.fileExists(atPath: Context.packageDirectory + "/" + folder + "/" + $0) }
}

let web: [Target.Dependency] = ["TernWeb", Library.hummingbird, Library.httpTypes, Library.nioCore]

let kernel: [Target] =
    room("TernKernel", in: "Kernel", uses: ["CSimdjson", Library.crypto])
    + room("TernStats", in: "Kernel", uses: [])
    + room(
        "TernStore", in: "Kernel",
        uses: [
            "TernKernel", "CPostgres", Library.grdb, Library.sqlite, Library.asyncHTTPClient, Library.nioCore, Library.nioHTTP1, Library.crypto,
            Library.logging,
        ])
    + room("TernJobs", in: "Kernel", uses: ["TernKernel", "TernStore", Library.subprocess, Library.system, Library.logging])
    + room("TernTables", in: "Kernel", uses: ["TernKernel", "CDuckDB"])
    + room("TernLog", in: "Kernel", uses: ["TernKernel", "TernStore", "TernTables", Library.logging])
    + room("TernInference", in: "Kernel", uses: ["TernKernel", "COnnxRuntime"])
    + room(
        "TernWeb", in: "Kernel",
        uses: [
            "TernKernel", Library.hummingbird, Library.httpTypes, Library.nioCore, Library.nioFoundation, Library.logging,
        ])

let lifecycle: [Target] =
    room("Datasets", in: "Lifecycle", uses: ["TernKernel", "TernStore", "TernTables", "TernStats"] + web)
    + room("Tracking", in: "Lifecycle", uses: ["TernKernel", "TernStore"] + web)
    + room("Pipelines", in: "Lifecycle", uses: ["TernKernel", "TernStore", "TernJobs"] + web)
    + room(
        "Registry", in: "Lifecycle", uses: ["TernKernel", "TernStore", "TernTables", "TernStats", "TernInference", Library.yams] + web)
    + room("Serving", in: "Lifecycle", uses: ["TernKernel", "TernLog", "TernInference"] + web)
    + room("Releases", in: "Lifecycle", uses: ["TernKernel", "TernStore", "TernLog", "TernStats"] + web)
    + room("Monitoring", in: "Lifecycle", uses: ["TernKernel", "TernStore", "TernLog", "TernTables", "TernStats"] + web)
    + room("Sweeps", in: "Lifecycle", uses: ["TernKernel", "TernStore", "TernJobs", "TernStats"] + web)
    + room("Traces", in: "Lifecycle", uses: ["TernKernel", "TernStore"] + web)
    + room(
        "Webhooks", in: "Lifecycle",
        uses: ["TernKernel", "TernStore", Library.asyncHTTPClient, Library.nioHTTP1, Library.crypto, Library.logging] + web)
    + room("Policies", in: "Lifecycle", uses: ["TernKernel", "TernStore", Library.asyncHTTPClient, Library.nioHTTP1] + web)

let rooms: [Target.Dependency] = [
    "Datasets", "Tracking", "Pipelines", "Registry", "Serving", "Releases", "Monitoring", "Policies", "Sweeps",
    "Traces", "Webhooks",
]

let app: [Target] =
    room(
        "Dialects", in: ".",
        uses: [
            "TernKernel", "TernStore", "TernLog", "TernInference", "CSimdjson", "Tracking", "Registry", "Serving", "Traces", "Webhooks",
        ] + web)
    + room("Dashboard", in: ".", uses: ["TernKernel", "TernStore", "TernLog", "TernStats", "CAssets", Library.mustache] + rooms + web)
    + room("TernProject", in: "App", uses: ["TernKernel", "Datasets", "Pipelines", "Registry", "Releases", "Monitoring", "Policies", Library.yams])
    + room(
        "TernImport", in: "App",
        uses: [
            "TernKernel", "TernStore", "CZip", Library.crypto, Library.asyncHTTPClient, Library.nioCore, Library.nioHTTP1, Library.nioFoundation,
            Library.yams,
        ])
    + room(
        "TernServer", in: "App",
        uses: [
            "TernKernel", "TernStore", "TernJobs", "TernTables", "TernLog", "TernInference", "TernProject", "Dialects", "Dashboard",
            Library.serviceLifecycle, Library.unixSignals, Library.logging,
        ] + rooms + web)
    + room(
        "TernCommands", in: "App",
        uses: [
            "TernKernel", "TernStore", "TernWeb", "TernProject", "TernServer", "TernImport", "TernTables", "TernStats", "TernInference",
            Library.argumentParser, Library.asyncHTTPClient, Library.hummingbird, Library.nioCore, Library.nioFoundation, Library.nioHTTP1,
            Library.unixSignals,
            Library.logging,
        ])

let package = Package(
    name: "tern",
    platforms: [.macOS(.v15)],
    products: [.executable(name: "tern", targets: ["tern"])],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.0"),
        .package(url: "https://github.com/apple/swift-crypto", from: "4.5.0"),
        .package(url: "https://github.com/apple/swift-http-types", from: "1.8.0"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.0"),
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.0"),
        .package(url: "https://github.com/apple/swift-system", from: "1.8.0"),
        .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
        .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.0"),
        .package(url: "https://github.com/hummingbird-project/swift-mustache", from: "2.1.0"),
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.0"),
        .package(url: "https://github.com/swift-server/async-http-client", from: "1.37.0"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
        .package(url: "https://github.com/swiftlang/swift-subprocess", from: "1.0.0"),
    ],
    targets: [
        // C shims: each is a header of ours over a library that is loaded at run time, or a system library.
        .target(name: "CDuckDB", path: "Sources/CDuckDB"),
        .target(name: "COnnxRuntime", path: "Sources/COnnxRuntime"),
        .target(
            name: "CSimdjson", path: "Sources/CSimdjson", cxxSettings: [.unsafeFlags(["-O2"])],
            linkerSettings: [.linkedLibrary("simdjson")]),
        .systemLibrary(name: "CPostgres", path: "Sources/CPostgres", pkgConfig: "libpq", providers: [.apt(["libpq-dev"])]),
        .systemLibrary(name: "CZip", path: "Sources/CZip", pkgConfig: "libzip", providers: [.apt(["libzip-dev"])]),
        .target(name: "CAssets", path: "Sources/CAssets", exclude: ["static"]),
        .target(
            name: "TernTestSupport", dependencies: ["TernKernel", "TernStore"], path: "Tests/TernTestSupport", swiftSettings: strict),
        .executableTarget(name: "tern", dependencies: ["TernCommands"], path: "Sources/App/tern", swiftSettings: strict),
    ] + kernel + lifecycle + app,
    swiftLanguageModes: [.v6],
    cxxLanguageStandard: .cxx17
)
