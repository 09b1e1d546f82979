/*
 * As abi.c, for what needs the headers of Linux 6.6 or later:
 * cc abi_iommufd.c -o abi && ./abi > ../resources/dev/vflux/linux/abi_iommufd.golden
 */
#include <linux/iommufd.h>
#include <linux/vfio.h>
#include <stddef.h>
#include <stdio.h>

#define SHOW(name) printf("%s %lld\n", #name, (long long)(name))
#define SIZE(type, name) printf("%s %zu\n", #name, sizeof(struct type))
#define OFFSET(type, field, name) printf("%s %zu\n", #name, offsetof(struct type, field))

int main(void)
{
	SHOW(VFIO_DEVICE_BIND_IOMMUFD);
	OFFSET(vfio_device_bind_iommufd, iommufd, OFFSETOF_VFIO_DEVICE_BIND_IOMMUFD_IOMMUFD);
	OFFSET(vfio_device_bind_iommufd, out_devid, OFFSETOF_VFIO_DEVICE_BIND_IOMMUFD_OUT_DEVID);
	SHOW(VFIO_DEVICE_ATTACH_IOMMUFD_PT);
	OFFSET(vfio_device_attach_iommufd_pt, pt_id, OFFSETOF_VFIO_DEVICE_ATTACH_IOMMUFD_PT_PT_ID);
	SHOW(IOMMU_IOAS_ALLOC);
	SIZE(iommu_ioas_alloc, SIZEOF_IOMMU_IOAS_ALLOC);
	OFFSET(iommu_ioas_alloc, out_ioas_id, OFFSETOF_IOMMU_IOAS_ALLOC_OUT_IOAS_ID);
	SHOW(IOMMU_IOAS_IOVA_RANGES);
	SIZE(iommu_ioas_iova_ranges, SIZEOF_IOMMU_IOAS_IOVA_RANGES);
	OFFSET(iommu_ioas_iova_ranges, ioas_id, OFFSETOF_IOMMU_IOAS_IOVA_RANGES_IOAS_ID);
	OFFSET(iommu_ioas_iova_ranges, num_iovas, OFFSETOF_IOMMU_IOAS_IOVA_RANGES_NUM_IOVAS);
	OFFSET(iommu_ioas_iova_ranges, allowed_iovas, OFFSETOF_IOMMU_IOAS_IOVA_RANGES_ALLOWED_IOVAS);
	OFFSET(iommu_ioas_iova_ranges, out_iova_alignment, OFFSETOF_IOMMU_IOAS_IOVA_RANGES_OUT_IOVA_ALIGNMENT);
	SIZE(iommu_iova_range, SIZEOF_IOMMU_IOVA_RANGE);
	OFFSET(iommu_iova_range, last, OFFSETOF_IOMMU_IOVA_RANGE_LAST);
	SHOW(IOMMU_IOAS_MAP);
	SHOW(IOMMU_IOAS_MAP_FIXED_IOVA);
	SHOW(IOMMU_IOAS_MAP_WRITEABLE);
	SHOW(IOMMU_IOAS_MAP_READABLE);
	SIZE(iommu_ioas_map, SIZEOF_IOMMU_IOAS_MAP);
	OFFSET(iommu_ioas_map, flags, OFFSETOF_IOMMU_IOAS_MAP_FLAGS);
	OFFSET(iommu_ioas_map, ioas_id, OFFSETOF_IOMMU_IOAS_MAP_IOAS_ID);
	OFFSET(iommu_ioas_map, user_va, OFFSETOF_IOMMU_IOAS_MAP_USER_VA);
	OFFSET(iommu_ioas_map, length, OFFSETOF_IOMMU_IOAS_MAP_LENGTH);
	OFFSET(iommu_ioas_map, iova, OFFSETOF_IOMMU_IOAS_MAP_IOVA);
	SHOW(IOMMU_IOAS_UNMAP);
	SIZE(iommu_ioas_unmap, SIZEOF_IOMMU_IOAS_UNMAP);
	OFFSET(iommu_ioas_unmap, ioas_id, OFFSETOF_IOMMU_IOAS_UNMAP_IOAS_ID);
	OFFSET(iommu_ioas_unmap, iova, OFFSETOF_IOMMU_IOAS_UNMAP_IOVA);
	OFFSET(iommu_ioas_unmap, length, OFFSETOF_IOMMU_IOAS_UNMAP_LENGTH);
	return 0;
}
