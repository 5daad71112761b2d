namespace Deq.Export.Graphs.Onnx;

/// <summary>ONNX Runtime refuses a model that was written. Says which node of which graph, and why.</summary>
public sealed class ExportException : Exception
{
    /// <summary>Makes the error.</summary>
    public ExportException()
    {
    }

    /// <summary>Makes the error.</summary>
    /// <param name="message">Which node of which graph, and why.</param>
    public ExportException(string message)
        : base(message)
    {
    }

    /// <summary>Makes the error.</summary>
    /// <param name="message">Which node of which graph, and why.</param>
    /// <param name="inner">What ONNX Runtime said.</param>
    public ExportException(string message, Exception inner)
        : base(message, inner)
    {
    }

    /// <summary>The name of the node in the ONNX graph; null when ONNX Runtime did not say.</summary>
    public string? Node { get; init; }
}
