using Deq.Runtime.Tasks.Flow;

namespace Deq.Api.Tasks.Flow;

/// <summary>A flow as it was asked for, made on the engine's thread.</summary>
/// <param name="Statistics">What it shows on the whole.</param>
/// <param name="Scale">How many pixels full saturation of a colour picture is; 0 of any other format.</param>
/// <param name="Body">The flow encoded; null when the format is JSON.</param>
internal sealed record EstimatedMotion(FlowStatistics Statistics, double Scale, byte[]? Body)
{
    /// <summary>Encodes a flow.</summary>
    public static EstimatedMotion Of(FlowField flow, FlowFormat format)
    {
        double scale = format == FlowFormat.Colours ? FlowColours.Scale(flow) : 0;
        return new EstimatedMotion(FlowStatistics.Of(flow), scale, format.Write?.Invoke(flow, scale));
    }
}
