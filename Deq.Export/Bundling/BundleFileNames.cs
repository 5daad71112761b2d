namespace Deq.Export.Bundling;

/// <summary>What the files of an exported bundle are called.</summary>
internal static class BundleFileNames
{
    public const string Encoder = "encode.onnx";
    public const string Cell = "cell.onnx";
    public const string Decoder = "decode.onnx";
    public const string CellVectorJacobian = "cell-vjp.onnx";
    public const string JointCell = "cell-joint.onnx";
    public const string DecoderVectorJacobian = "decode-vjp.onnx";
    public const string EncoderVectorJacobian = "encode-vjp.onnx";
    public const string Energy = "energy.onnx";
    public const string Recipe = "recipe.json";
    public const string Card = "MODEL_CARD.md";
    public const string Log = "training.csv";
    public const string TrainingCurves = "training.png";
    public const string ControlRecipe = "control.json";
    public const string ControlLog = "control.csv";
    public const string AccuracyCurve = "accuracy.png";
}
