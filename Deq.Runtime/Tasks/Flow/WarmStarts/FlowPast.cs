namespace Deq.Runtime.Tasks.Flow.WarmStarts;

/// <summary>What is known of a clip when its next frame comes: the last pair's state, and what came before it.</summary>
/// <param name="Before">The frame whose pixels the last flow moves.</param>
/// <param name="First">The frame that they moved to, from which the next flow starts; of the same size.</param>
/// <param name="State">Where the last pair's solve ended, <c>[Hidden + 2, H, W]</c>.</param>
/// <param name="EarlierFlow">The flow of the pair before that, <c>[2, H, W]</c> in cells; empty where there is none, or it says nothing of what goes on.</param>
public sealed record FlowPast(HalvedFrame Before, HalvedFrame First, ReadOnlyMemory<float> State, ReadOnlyMemory<float> EarlierFlow);
