using Microsoft.ML.OnnxRuntime;

namespace Deq.Runtime.Onnx;

/// <summary>Runs that fail by the numbers that they were given, and not by what runs them, as far as ONNX Runtime tells the two apart.</summary>
internal static class RunRefusal
{
    private const string InvalidArgument = "[ErrorCode:InvalidArgument]";
    private const string Reason = "Status Message:";

    /// <summary>What is wrong with the numbers; null where they are not at fault.</summary>
    /// <param name="fault">What a run threw.</param>
    public static string? Of(Exception fault)
    {
        if (fault is not OnnxRuntimeException || !fault.Message.StartsWith(InvalidArgument, StringComparison.Ordinal))
        {
            return null;
        }

        int reason = fault.Message.LastIndexOf(Reason, StringComparison.Ordinal);
        return (reason < 0 ? fault.Message[InvalidArgument.Length..] : fault.Message[(reason + Reason.Length)..]).Trim();
    }
}
