/// What a model says about one of its inputs or outputs.
package struct TensorInfo: Hashable, Sendable {
    package var name: String
    package var type: TensorType
    /// -1 is an axis of any length. A map per row (ZipMap) shows as `[-1, -1]`.
    package var shape: [Int]

    package init(name: String, type: TensorType, shape: [Int]) {
        self.name = name
        self.type = type
        self.shape = shape
    }
}
