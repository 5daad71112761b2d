using System.Numerics;

namespace Deq.Export.Tasks.Flow.Scenes;

/// <summary>One layer of a scene.</summary>
/// <param name="Texture">What it shows. The cover of the lowest layer does not matter: it hides everything.</param>
/// <param name="Motion">How it moves.</param>
/// <param name="Middle">Where its cover has its middle, on its plane.</param>
/// <param name="Radius">No cover lies further from the middle, pixels.</param>
internal sealed record SceneLayer(LayerTexture Texture, LayerMotion Motion, Vector2 Middle, float Radius);
