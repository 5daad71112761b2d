using Deq.Api.Settings;

namespace Deq.Api.Streams;

/// <summary>What streams are made of.</summary>
internal static class StreamServing
{
    public static void AddStreams(this WebApplicationBuilder builder)
    {
        builder.Services.AddSingleton(services => services.GetRequiredService<ServerSettings>().Streams);
        builder.Services.AddSingleton<StreamMetrics>();
        builder.Services.AddSingleton<IStreamStore, MemoryStreams>();
        builder.Services.AddSingleton<FrameSolver>();
        builder.Services.AddHostedService<StreamExpiry>();
    }
}
